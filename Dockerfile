# pointserve in an image that holds the binary, the libraries it links, their licences, and nothing
# else: no shell, no package manager, no setuid file.
#
#   docker build --tag pointserve --build-arg REVISION="$(git rev-parse HEAD)" .
#   docker run --rm --read-only --cap-drop=ALL --publish 8080:8080 pointserve
#
# Any image with Swift 6.2 or newer on glibc 2.36 or newer will do; the libraries come from it too.
# checkov:skip=CKV_DOCKER_7:the tag is part of the argument
ARG SWIFT_IMAGE=swift:6.3-bookworm

FROM ${SWIFT_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# The versions are those of the base image's release, which is where to pin them.
# hadolint ignore=DL3008
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libssl-dev pkg-config zlib1g-dev \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# Dependencies change seldom: their layer survives a change of the sources.
COPY Package.swift Package.resolve[d] ./
RUN swift package resolve
COPY . .
ARG REVISION=unknown
RUN POINTSERVE_REVISION="${REVISION}" deploy/image/build.sh \
  && deploy/image/assemble-root.sh .build/release/pointserve /root-of-image

FROM scratch
ARG VERSION=1.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="pointserve" \
      org.opencontainers.image.description="Segments point clouds with neural networks on CPUs" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /root-of-image /
# A crash is reported by exit code and core dump; the backtracer would be a third of the image.
ENV POINTSERVE_HOST=0.0.0.0 POINTSERVE_PORT=8080 POINTSERVE_LOG_FORMAT=json \
    SWIFT_BACKTRACE=enable=no
USER 65532:65532
WORKDIR /
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s --retries=3 \
  CMD ["/usr/bin/pointserve", "health"]
ENTRYPOINT ["/usr/bin/pointserve"]
CMD ["serve"]
