# The sandbox's image, made like the gateway's (docs/container.md). By hand, once `pnpm image` has made the archive:
# docker build -f deploy/sandbox.Dockerfile deploy/dist/sandbox/context
FROM scratch

ADD root.tar /

ARG VERSION=0.0.0
LABEL org.opencontainers.image.title="verigate-sandbox" \
      org.opencontainers.image.description="An emulator of Messente's Verigator API, for development and tests" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"

# Nobody, by number: a runtime that asks for `runAsNonRoot` can't tell who a name is.
USER 65532:65532
WORKDIR /

# Where VERIGATE_SANDBOX_LISTEN and --allow-beyond-loopback say so. As it comes, it is on loopback, which the containers
# of a pod share: whoever reaches it can read every PIN.
EXPOSE 8025

STOPSIGNAL SIGTERM

ENTRYPOINT ["/usr/bin/node", "/verigate/main.js"]
