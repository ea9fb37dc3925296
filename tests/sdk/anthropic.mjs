// The official Anthropic client for Node: message, stream, tools, errors, 200 in flight. Prints one JSON object.
import { createRequire } from "node:module";
const require = createRequire(process.env.YUZUI_BUILD + "/");
const { default: Anthropic } = require("@anthropic-ai/sdk");
const [url, key, model] = process.argv.slice(2);
const client = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 });
const base = (content) => ({ model, max_tokens: 1000, messages: [{ role: "user", content }] });
const tools = ["get_weather", "get_tides"].map((name) => ({ name, input_schema: { type: "object", properties: { city: { type: "string" } } } }));
const text = (message) => message.content.map((b) => b.text ?? "").join("");
const stream = async (content) => text(await client.messages.stream(base(content)).finalMessage());
const out = {};
out.chat = text(await client.messages.create(base("hello")));
out.stream = await stream("hello");
const called = await client.messages.stream({ ...base("use get_weather and get_tides"), tools }).finalMessage();
out.finish = called.stop_reason;
out.calls = called.content.filter((b) => b.type === "tool_use").map((b) => [b.name, b.input.city]);
try {
  await new Anthropic({ baseURL: url, apiKey: "sk-wrong", maxRetries: 0 }).messages.create(base("hello"));
} catch (e) {
  out.error = [e.constructor.name, e.status, e.error?.error?.type];
}
out.many = await Promise.all(Array.from({ length: 200 }, async (_, i) => (i % 2 ? stream(`question ${i}`) : text(await client.messages.create(base(`question ${i}`))))));
console.log(JSON.stringify(out));
