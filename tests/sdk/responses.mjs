// The official OpenAI client for Node by Responses: answer, stream, tools, thoughts, errors, 200 in flight. Prints one JSON object.
import { createRequire } from "node:module";
const require = createRequire(process.env.YUZUI_BUILD + "/");
const OpenAI = require("openai");
const [url, key, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
const ask = (input, more = {}) => client.responses.create({ model, input, ...more });
const tools = ["get_weather", "get_tides"].map((name) => ({
  type: "function",
  name,
  strict: false,
  parameters: { type: "object", properties: { city: { type: "string" } } },
}));
const collect = async (stream) => {
  let text = "";
  for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
  return text;
};
const out = {};
out.chat = (await ask("hello")).output_text;
out.stream = await collect(await ask("hello", { stream: true }));
const input = [{ role: "user", content: "use get_weather and get_tides" }];
const asked = { tools, store: false, include: ["reasoning.encrypted_content"], reasoning: { effort: "high" }, max_output_tokens: 30000 };
const helper = client.responses.stream({ model, input, ...asked }); // the helper checks the stream's grammar
const final = await helper.finalResponse();
const calls = final.output.filter((item) => item.type === "function_call");
out.finish = final.status;
out.calls = calls.map((c) => [c.name, JSON.parse(c.arguments).city]);
out.thoughts = final.output.find((item) => item.type === "reasoning")?.summary[0]?.text;
const results = calls.map((c) => ({ type: "function_call_output", call_id: c.call_id, output: "sunny" }));
const bare = final.output.map(({ parsed_arguments, ...item }) => item);
out.round = (await ask([...input, ...bare, ...results], asked)).status;
if (model === "gpt-5.3-codex") {
  const first = await ask("hello");
  const second = await ask("more", { previous_response_id: first.id, background: true });
  const talk = await client.conversations.create({ items: [{ role: "user", content: "hello" }] });
  out.stored = {
    same: (await client.responses.retrieve(first.id)).id === first.id,
    before: (await client.responses.retrieve(second.id)).previous_response_id === first.id,
    items: (await client.responses.inputItems.list(first.id)).data.length,
    cancelled: (await client.responses.cancel(second.id)).status,
    compacted: (await client.responses.compact({ model, previous_response_id: first.id })).object,
    talk: (await ask("more", { conversation: talk.id })).conversation.id === talk.id,
    gone: await client.responses.delete(first.id).then(() => client.responses.retrieve(first.id)).catch((e) => [e.constructor.name, e.status]),
  };
}
try {
  await new OpenAI({ baseURL: url + "/v1", apiKey: "sk-wrong", maxRetries: 0 }).responses.create({ model, input: "hello" });
} catch (e) {
  out.error = [e.constructor.name, e.status, e.code];
}
out.many = await Promise.all(
  Array.from({ length: 200 }, async (_, i) => (i % 2 ? collect(await ask(`question ${i}`, { stream: true })) : (await ask(`question ${i}`)).output_text)),
);
console.log(JSON.stringify(out));
