# The image of Kvitto: one bundle on Node, nothing else. The base has no default, so that nobody builds on a tag that moves:
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:… -t registry.example/tools/kvitto:0.1.0 .
ARG NODE_IMAGE

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
COPY bin bin
COPY src src
COPY scripts scripts
COPY LICENSE ./
COPY demo demo
RUN ["node", "scripts/build.ts"]
# The name that is typed, and an empty folder for the volume. Both are made here, because the last stage runs nothing.
RUN ["cp", "bin/kvitto.js", "bin/kvitto"]
RUN ["mkdir", "-p", "/empty"]

FROM ${NODE_IMAGE}
COPY --from=build /src/package.json /src/LICENSE /opt/kvitto/
COPY --from=build /src/bin /opt/kvitto/bin
COPY --from=build /src/dist /opt/kvitto/dist
COPY --from=build /src/demo /opt/kvitto/demo
# A number, because Kubernetes cannot see whether a name is root.
COPY --from=build --chown=65532:65532 /empty /var/lib/kvitto
USER 65532:65532
ENV PATH=/opt/kvitto/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    KVITTO_HOME=/var/lib/kvitto
VOLUME /var/lib/kvitto
WORKDIR /var/lib/kvitto
# `docker stop` sends it; `kvitto watch` finishes what it holds.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/opt/kvitto/bin/kvitto.js"]
CMD ["--help"]
