// The official OpenAI client for Node: chat, stream, tools, errors, 200 in flight. Prints one JSON object.
import { createRequire } from "node:module";
const require = createRequire(process.env.YUZUI_BUILD + "/");
const OpenAI = require("openai");
const [url, key, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
const ask = (content, more = {}) => client.chat.completions.create({ model, messages: [{ role: "user", content }], ...more });
const tools = ["get_weather", "get_tides"].map((name) => ({
  type: "function",
  function: { name, parameters: { type: "object", properties: { city: { type: "string" } } } },
}));
const collect = async (stream) => {
  let text = "";
  for await (const chunk of stream) text += chunk.choices[0]?.delta?.content ?? "";
  return text;
};
const out = {};
out.chat = (await ask("hello")).choices[0].message.content;
out.stream = await collect(await ask("hello", { stream: true }));
const helper = client.chat.completions.stream({ model, messages: [{ role: "user", content: "use get_weather and get_tides" }], tools });
const final = await helper.finalChatCompletion(); // the helper checks the stream's grammar
out.finish = final.choices[0].finish_reason;
out.calls = final.choices[0].message.tool_calls.map((c) => [c.function.name, JSON.parse(c.function.arguments).city]);
const models = [];
for await (const m of client.models.list()) models.push(m.id);
out.models = models;
try {
  await new OpenAI({ baseURL: url + "/v1", apiKey: "sk-wrong", maxRetries: 0 }).models.list();
} catch (e) {
  out.error = [e.constructor.name, e.status, e.code];
}
out.many = await Promise.all(Array.from({ length: 200 }, async (_, i) => (i % 2 ? collect(await ask(`question ${i}`, { stream: true })) : (await ask(`question ${i}`)).choices[0].message.content)));
console.log(JSON.stringify(out));
