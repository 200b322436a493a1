# One image for all commands: budstikke api, notify, migrate, sandbox …
FROM golang:1.26 AS build
WORKDIR /src
ENV GOCACHE=/cache/build GOMODCACHE=/cache/mod
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache/mod go mod download
COPY . .
ARG VERSION=development
RUN --mount=type=cache,target=/cache/mod --mount=type=cache,target=/cache/build \
    CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /budstikke ./cmd/budstikke

# No shell and no package manager; the root certificates and time zones are in it.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /budstikke /budstikke
USER nonroot:nonroot
EXPOSE 8080
ENTRYPOINT ["/budstikke"]
CMD ["--help"]
