// Package openid plays an OpenID Connect provider for tests and for trying out: discovery, authorization code with PKCE (S256 only), one use of
// each code, rotating keys, userinfo, and groups page by page. The people are made up, and its page lets anybody be any of them.
//
// It can also lie, so that a relying party can be seen to notice: see Twist. It imports nothing of the project. Start reading at Provider.
package openid
