# docker build -t yuzui . && docker run -p 8080:8080 -e OPENAI_API_KEY -e TEAM_KEY=sk-… yuzui
# A config of your own: -v $PWD/yuzui.lua:/etc/yuzui/yuzui.lua:ro
FROM node:22-slim AS console
WORKDIR /src
COPY plugins/console .
RUN npm ci --no-audit --no-fund --ignore-scripts && node build.mjs node_modules /assets.c

FROM debian:13-slim AS build
WORKDIR /src
COPY . .
COPY --from=console /assets.c /assets.c
RUN YUZUI_CONSOLE_ASSETS=/assets.c ./dev deb

FROM debian:13-slim
COPY --from=build /src/build/deb/*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates /tmp/*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
USER yuzui
EXPOSE 8080
ENTRYPOINT ["yuzui"]
CMD ["run", "-c", "/etc/yuzui/yuzui.lua", "--listen", ":8080"]
