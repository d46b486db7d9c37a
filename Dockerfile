# syntax=docker/dockerfile:1

# The image holds one static binary, the roots of trust it needs, and no shell.
#
# Pin the builder before a release, so that the same commit gives the same bytes for good:
#     docker buildx imagetools inspect golang:1.26-bookworm
# and write the digest it prints behind the tag, as golang:1.26-bookworm@sha256:... .
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ENV GOCACHE=/go/cache
WORKDIR /src

COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download

COPY . .
ARG TARGETOS
ARG TARGETARCH
# -buildvcs=true: `image-updater version` tells the commit, and a build without .git fails instead of not knowing it.
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/go/cache \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=true -ldflags="-s -w" -o /out/image-updater ./cmd/image-updater

# Folders that the user below may write to; scratch has no mkdir. They lie in a folder of their own because COPY keeps the
# mode and owner of what is inside a folder, not of the folder itself.
RUN mkdir -p /out/owned/state /out/owned/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /usr/local/go/lib/time/zoneinfo.zip /usr/share/zoneinfo.zip
COPY --from=build --chown=65532:65532 /out/owned/ /
COPY --from=build /out/image-updater /usr/local/bin/image-updater

# A number, so that Kubernetes can check runAsNonRoot without a user database.
USER 65532:65532

# Lists, pauses and what is known about tags; losing it costs requests, never correctness.
ENV XDG_STATE_HOME=/state ZONEINFO=/usr/share/zoneinfo.zip
VOLUME /state

# policies.yaml is looked for here.
WORKDIR /policies

ENTRYPOINT ["/usr/local/bin/image-updater"]
CMD ["--help"]
