// Package render turns a delivery into words in the person's language.
//
// The words are calm and content-free (B1): who should look, and where; never a name, an institution, a child, a note or a text. The
// templates cannot say more, because what they are given (data in template.go) holds a link and, for the confirmation of an address, a
// code, and nothing else.
//
// templates/<kind>.<locale>.<channel>.tmpl holds one notice: the first line is the title, then paragraphs with an empty line between them.
// A paragraph "@link Label" becomes the link, with a button in HTML, and "@token" the code to paste. A text message is one paragraph and
// must stay within one segment of GSM-7.
//
// The package does no input or output; the templates are embedded. Start reading at render.go.
package render
