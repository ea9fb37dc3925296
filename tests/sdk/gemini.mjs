// The official Google client for Node: document, stream, tools, structured output, thoughts, errors, 200 in flight. Prints one JSON object.
import { createRequire } from "node:module";
const require = createRequire(process.env.YUZUI_BUILD + "/");
const { GoogleGenAI, FunctionCallingConfigMode } = require("@google/genai");
const [url, key, model] = process.argv.slice(2);
const make = (apiKey) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
const client = make(key);
const tools = [{ functionDeclarations: ["get_weather", "get_tides"].map((name) => ({ name, parametersJsonSchema: { type: "object", properties: { city: { type: "string" } } } })) }];
const ask = async (contents, config) => (await client.models.generateContent({ model, contents, config })).text;
const stream = async (contents) => {
  let text = "";
  for await (const chunk of await client.models.generateContentStream({ model, contents })) text += chunk.text ?? "";
  return text;
};
const out = {};
out.chat = await ask("hello", { systemInstruction: "be brief" });
out.stream = await stream("hello");
const called = await client.models.generateContent({ model, contents: "use get_weather and get_tides", config: { tools } });
out.finish = called.candidates[0].finishReason;
out.calls = called.functionCalls.map((c) => [c.name, c.args.city]);
const forced = await client.models.generateContent({ model, contents: "hello", config: { tools, toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ["get_tides"] } } } });
out.forced = forced.functionCalls.map((c) => c.name);
const chat = client.chats.create({ model });
out.first = (await chat.sendMessage({ message: "one" })).text;
out.second = (await chat.sendMessage({ message: "two" })).text;
try {
  await make("sk-wrong").models.generateContent({ model, contents: "hello" });
} catch (e) {
  out.error = [e.constructor.name, e.status];
}
out.many = await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? stream(`question ${i}`) : ask(`question ${i}`))));
console.log(JSON.stringify(out));
