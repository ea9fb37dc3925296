// The official OpenAI client for Node: a file of requests in parts, two of them at once, and a batch of it. Prints one JSON object.
import { createRequire } from "node:module";
const require = createRequire(process.env.YUZUI_BUILD + "/");
const OpenAI = require("openai");
const [url, key, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
const line = (i) => JSON.stringify({ custom_id: `q${i}`, method: "POST", url: "/v1/chat/completions", body: { model, messages: [{ role: "user", content: `question ${i}` }] } }) + "\n";
const whole = Buffer.from(line(0) + line(1) + line(2));
const upload = await client.uploads.create({ filename: "batch.jsonl", purpose: "batch", bytes: whole.length, mime_type: "application/jsonl" });
const at = Math.floor(whole.length / 2); // within a line
const [second, first] = await Promise.all([whole.subarray(at), whole.subarray(0, at)].map(async (bytes) =>
  client.uploads.parts.create(upload.id, { data: await OpenAI.toFile(bytes, "part") })));
const done = await client.uploads.complete(upload.id, { part_ids: [first.id, second.id] });
const out = { status: [upload.status, done.status], same: done.id === upload.id && first.upload_id === upload.id };
out.whole = Buffer.from(await (await client.files.content(done.file.id)).arrayBuffer()).equals(whole);
let batch = await client.batches.create({ input_file_id: done.file.id, endpoint: "/v1/chat/completions", completion_window: "24h" });
while (batch.status !== "completed") batch = await client.batches.retrieve(batch.id);
out.answers = batch.request_counts.completed;
const other = await client.uploads.create({ filename: "other.jsonl", purpose: "batch", bytes: 10, mime_type: "application/jsonl" });
out.cancelled = (await client.uploads.cancel(other.id)).status;
try {
  await client.uploads.parts.create(other.id, { data: await OpenAI.toFile(Buffer.from("x"), "part") });
} catch (e) {
  out.late = [e.constructor.name, e.status];
}
console.log(JSON.stringify(out));
