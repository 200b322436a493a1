package web

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"budstikke.example/app/web/contract"
)

// maxParts is how many fields a multipart form may have; a one-click unsubscribe has one.
const maxParts = 20

// plainForm turns a multipart form without files into a plain one, for operations that take a form: mail programs may send a one-click
// unsubscribe in either form (RFC 8058). Anything it cannot read is left as it is, and refused by its media type.
func plainForm(c *fiber.Ctx, operation *contract.Operation) {
	if operation.MediaType != contract.Form {
		return
	}
	media, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return
	}
	form := url.Values{}
	reader := multipart.NewReader(bytes.NewReader(c.Request().Body()), params["boundary"])
	for range maxParts {
		part, err := reader.NextRawPart()
		if errors.Is(err, io.EOF) {
			c.Request().Header.SetContentType(contract.Form)
			c.Request().SetBodyString(form.Encode())
			return
		}
		if err != nil || part.FormName() == "" || part.FileName() != "" {
			return
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return
		}
		form.Add(part.FormName(), string(value))
	}
}
