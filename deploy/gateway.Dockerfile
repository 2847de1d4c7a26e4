# The image is one archive: Node, the libraries that it needs, authorities, the bundle (docs/container.md). Made with the
# archive by `pnpm image`; by hand, once that has made it:
# docker build -f deploy/gateway.Dockerfile deploy/dist/gateway/context
FROM scratch

ADD root.tar /

ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="verigate" \
      org.opencontainers.image.description="gRPC, gRPC-Web and Connect in front of Messente's Verigator API" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"

# Nobody, by number: a runtime that asks for `runAsNonRoot` can't tell who a name is.
USER 65532:65532
WORKDIR /

# Compiled code was made when the image was: it is read, and never written.
ENV MALLOC_ARENA_MAX=1 \
    NODE_COMPILE_CACHE=/verigate/cache \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt

# What callers use and what monitors use, where VERIGATE_LISTEN and VERIGATE_ADMIN_LISTEN are set to these. As they come,
# both are on loopback, which the containers of a pod share.
EXPOSE 8080 8081

STOPSIGNAL SIGTERM

# For Docker. Kubernetes has probes of its own, and ignores this one.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
  CMD ["/usr/bin/node", "--max-semi-space-size=16", "--heap-growing-percent=75", "--no-allocation-site-pretenuring", "--expose-gc", "/verigate/main.js", "health"]

# Flags, and MALLOC_ARENA_MAX, as in the first line of apps/gateway/src/main.ts, which explains them. --use-openssl-ca: the
# authorities are those of SSL_CERT_FILE, a file that can be read, and covered by another.
ENTRYPOINT ["/usr/bin/node", "--max-semi-space-size=16", "--heap-growing-percent=75", "--no-allocation-site-pretenuring", "--expose-gc", "--use-openssl-ca", "/verigate/main.js"]
CMD ["serve"]
