// The AI SDK by each of its providers; what it got is printed as JSON and judged by test_vercel.py.
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const [, , url, apiKey, dialect, name] = process.argv;
const model = {
  chat_completions: () => createOpenAI({ baseURL: url + "/v1", apiKey }).chat(name),
  responses: () => createOpenAI({ baseURL: url + "/v1", apiKey }).responses(name),
  messages: () => createAnthropic({ baseURL: url + "/v1", apiKey })(name),
  generate_content: () => createGoogleGenerativeAI({ baseURL: url + "/v1beta", apiKey })(name),
}[dialect]();
const once = { model, maxRetries: 0 };
const out = {};

const answer = await generateText({ ...once, prompt: "hello" });
out.chat = answer.text;
out.finish = answer.finishReason;
out.tokens = answer.usage.totalTokens;

const failures = [];
const onError = ({ error }) => failures.push(String(error));
out.stream = "";
for await (const text of streamText({ ...once, prompt: "hello", onError }).textStream) out.stream += text;

const results = [];
const weather = tool({
  description: "Tells the weather.",
  inputSchema: z.object({ city: z.string(), station: z.string() }),
  execute: async ({ city, station }) => {
    results.push(`sunny in ${city} at ${station}`);
    return results.at(-1);
  },
});
const round = { ...once, prompt: "use get_weather", tools: { get_weather: weather }, stopWhen: stepCountIs(3) };
const said = await generateText(round);
out.round = { text: said.text, result: results[0], steps: said.steps.length };
const streamed = streamText({ ...round, onError });
out.streamed = { text: "", result: "" };
for await (const part of streamed.fullStream) if (part.type === "tool-result") out.streamed.result = part.output;
out.streamed.text = await streamed.text;

const recipe = await generateText({ ...once, prompt: "form: soup, as JSON", output: Output.object({ schema: z.object({ name: z.string(), steps: z.array(z.string()) }) }) });
out.recipe = recipe.output;
out.failures = failures;
console.log(JSON.stringify(out));
