# pyt on Debian, built from this checkout:
#
#     docker build --tag pyt . && docker run --rm -it pyt
#
# The build takes as long as `cargo pyt-build`. The Debian of both stages is the same, so that the C library is.
FROM rust:1-slim-bookworm AS build
# RustPython's `ctypes` asks for libffi; the static library becomes a part of the binary.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libffi-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /pyt
COPY . .
RUN cargo build --release --locked --ignore-rust-version --package pyt \
    && cargo run --quiet --locked --package xtask -- licences THIRD-PARTY.txt \
    && strip target/release/pyt

FROM debian:bookworm-slim
# Certificates, which `ssl` reads.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 pyt
COPY --from=build /pyt/target/release/pyt /usr/local/bin/pyt
COPY --from=build /pyt/LICENSE /pyt/THIRD-PARTY.txt /pyt/Cargo.lock /pyt/packaging/licences/LGPL-3.0.txt \
    /pyt/packaging/licences/GPL-3.0.txt /usr/share/doc/pyt/
USER 1000
WORKDIR /home/pyt
ENTRYPOINT ["pyt"]
