// The official Google client for Node: a film asked for and downloaded (its version 3 begins none on this API); and one that the provider's filter keeps back. Prints one JSON object.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
const require = createRequire(process.env.YUZUI_BUILD + "/");
const { GoogleGenAI, GenerateVideosOperation } = require("@google/genai");
const [url, key, model, downloadPath] = process.argv.slice(2);
const client = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } });
const make = async (prompt) => {
  const begun = await fetch(`${url}/v1beta/models/${model}:predictLongRunning`, {
    method: "POST", headers: { "x-goog-api-key": key, "content-type": "application/json" },
    body: JSON.stringify({ instances: [{ prompt }], parameters: { durationSeconds: 4 } }) });
  let operation = Object.assign(new GenerateVideosOperation(), { name: (await begun.json()).name });
  while (!operation.done) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    operation = await client.operations.getVideosOperation({ operation });
  }
  return operation;
};
const out = {};
const film = await make("a carp leaps");
await client.files.download({ file: film.response.generatedVideos[0], downloadPath });
out.bytes = readFileSync(downloadPath).toString("hex");
const filtered = await make("filtered: a carp leaps");
out.filtered = [filtered.response.generatedVideos ?? [], filtered.response.raiMediaFilteredCount];
console.log(JSON.stringify(out));
