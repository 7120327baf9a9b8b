# syntax=docker/dockerfile:1

FROM rust:1.95-trixie AS build
# What the program is trained with: see benches/train.py.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx-light nghttp2-client nodejs npm openssl python3 \
    && rm -rf /var/lib/apt/lists/* \
    && rustup component add llvm-tools
WORKDIR /source
COPY . .
# Registry and target directory live in the builder's cache, so that a second build compiles only what changed.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    npm ci --prefix tests/provider \
    && benches/train.py --out /usr/local/bin/vestibule

FROM debian:trixie-slim
# The authorities that sign identity providers' certificates.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --home-dir /data --shell /usr/sbin/nologin vestibule \
    && install --directory --owner=vestibule --group=vestibule --mode=0700 /data
COPY --from=build /usr/local/bin/vestibule /usr/local/bin/vestibule
USER 10001:10001
# SQLite's file, `sqlite://vestibule.db`, is created in the working directory.
WORKDIR /data
VOLUME /data
EXPOSE 8080 9090
# Asks the operations listener at its default, 127.0.0.1:9090.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["vestibule", "health"]
ENTRYPOINT ["vestibule"]
CMD ["serve", "--config", "/etc/vestibule/vestibule.toml"]
