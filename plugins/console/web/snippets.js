// How a client is pointed at the gateway. Each takes the address of the gateway, a model and a question, and reads the key from YUZUI_KEY, so
// that what is copied holds no secret. tests/see runs those that need no other program; those of the agents are what tests/agents starts them with.
const text = (s) => JSON.stringify(s) // is a literal of Python, JavaScript and TOML as well
const quoted = (s) => `'${s.replaceAll("'", `'\\''`)}'` // of a shell
const json = (value) => JSON.stringify(value, null, 2)

const python = ({ base, model, question }) => `# pip install openai
import os
from openai import OpenAI

client = OpenAI(base_url=${text(base + '/v1')}, api_key=os.environ["YUZUI_KEY"])
answer = client.chat.completions.create(
    model=${text(model)},
    messages=[{"role": "user", "content": ${text(question)}}],
)
print(answer.choices[0].message.content)
`
const node = ({ base, model, question }) => `// npm install openai; then: node ask.mjs
import OpenAI from 'openai'

const client = new OpenAI({ baseURL: ${text(base + '/v1')}, apiKey: process.env.YUZUI_KEY })
const answer = await client.chat.completions.create({
  model: ${text(model)},
  messages: [{ role: 'user', content: ${text(question)} }],
})
console.log(answer.choices[0].message.content)
`
const curl = ({ base, model, question }) => `curl ${quoted(base + '/v1/chat/completions')} \\
  -H "authorization: Bearer $YUZUI_KEY" \\
  -H 'content-type: application/json' \\
  -d ${quoted(JSON.stringify({ model, messages: [{ role: 'user', content: question }] }))}
`
const langchain = ({ base, model, question }) => `# pip install langchain-openai
import os
from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model=${text(model)}, base_url=${text(base + '/v1')}, api_key=os.environ["YUZUI_KEY"])
print(llm.invoke(${text(question)}).content)
`
const llamaindex = ({ base, model, question }) => `# pip install llama-index-llms-openai-like
import os
from llama_index.llms.openai_like import OpenAILike

llm = OpenAILike(
    model=${text(model)},
    api_base=${text(base + '/v1')},
    api_key=os.environ["YUZUI_KEY"],
    is_chat_model=True,
    is_function_calling_model=True,
)
print(llm.complete(${text(question)}))
`
const openclaw = ({ base, model }) => json({
  models: { mode: 'merge', providers: { yuzui: { baseUrl: base + '/v1', apiKey: '${YUZUI_KEY}', api: 'openai-completions', models: [
    { id: model, name: model, reasoning: false, input: ['text'], contextWindow: 128000, maxTokens: 8192, cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 } }] } } },
  agents: { defaults: { model: { primary: 'yuzui/' + model } } },
}) + '\n'
const claude = ({ base, model }) => `export ANTHROPIC_BASE_URL=${quoted(base)}
export ANTHROPIC_API_KEY="$YUZUI_KEY"
claude --model ${quoted(model)}
`
const codex = ({ base, model }) => `model = ${text(model)}
model_provider = "yuzui"

[model_providers.yuzui]
name = "yuzui"
base_url = ${text(base + '/v1')}
env_key = "YUZUI_KEY"
wire_api = "responses"
`
const gemini = ({ base, model }) => `export GOOGLE_GEMINI_BASE_URL=${quoted(base)}
export GEMINI_API_KEY="$YUZUI_KEY"
gemini -m ${quoted(model)}
`

// file: where the text belongs, if it is no program or command
export const snippets = [
  { id: 'python', title: 'Python', write: python }, { id: 'node', title: 'Node', write: node }, { id: 'curl', title: 'curl', write: curl },
  { id: 'langchain', title: 'LangChain', write: langchain }, { id: 'llamaindex', title: 'LlamaIndex', write: llamaindex },
  { id: 'openclaw', title: 'OpenClaw', write: openclaw, file: '~/.openclaw/openclaw.json' }, { id: 'claude', title: 'Claude Code', write: claude },
  { id: 'codex', title: 'Codex', write: codex, file: '~/.codex/config.toml' }, { id: 'gemini', title: 'Gemini CLI', write: gemini },
]

// Where clients reach the gateway: its first listener; one that listens everywhere is reached by the name that led here.
export function baseOf(listens) {
  const first = listens?.[0]
  if (!first) return location.origin
  const [, host, port] = /^(.*):(\d+)$/.exec(first.address) || [null, '', '8080']
  const everywhere = ['', '0.0.0.0', '[::]', '*'].includes(host)
  return `${first.tls ? 'https' : 'http'}://${everywhere ? location.hostname : host}:${port}`
}
