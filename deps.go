//go:build deps

package budstikke

import (
	_ "firebase.google.com/go/v4"
	_ "github.com/SherClockHolmes/webpush-go"
	_ "github.com/alecthomas/kong"
	_ "github.com/alicebob/miniredis/v2"
	_ "github.com/compose-spec/compose-go/v2/loader"
	_ "github.com/emersion/go-smtp"
	_ "github.com/fergusstrange/embedded-postgres"
	_ "github.com/getkin/kin-openapi/openapi3filter"
	_ "github.com/gofiber/fiber/v2"
	_ "github.com/golang-jwt/jwt/v4"
	_ "github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/oapi-codegen/runtime"
	_ "github.com/pquerna/otp/totp"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/schollz/progressbar/v3"
	_ "github.com/sideshow/apns2"
	_ "github.com/twilio/twilio-go"
	_ "github.com/wneessen/go-mail"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/net/http2"
	_ "golang.org/x/oauth2"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/term"
	_ "golang.org/x/text/encoding/charmap"
	_ "gopkg.in/yaml.v3"
	_ "software.sslmate.com/src/go-pkcs12"
)
