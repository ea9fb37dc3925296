# docker build -t yuzui . && docker run -p 8080:8080 -e OPENAI_API_KEY -e TEAM_KEY=sk-… yuzui
# A config of your own: -v $PWD/yuzui.lua:/etc/yuzui/yuzui.lua:ro
FROM debian:13-slim AS build
WORKDIR /src
COPY . .
RUN ./dev deb

FROM debian:13-slim
COPY --from=build /src/build/deb/*.deb /tmp/
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates /tmp/*.deb && rm -rf /tmp/*.deb /var/lib/apt/lists/*
USER yuzui
EXPOSE 8080
ENTRYPOINT ["yuzui"]
CMD ["run", "-c", "/etc/yuzui/yuzui.lua", "--listen", ":8080"]
