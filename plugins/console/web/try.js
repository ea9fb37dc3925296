// Try it: a question to the gateway, as a client with a key of its own asks it; and how other clients ask the same.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { adminHeaders, events, json } from './api.js'
import { dialects, wrongOf } from './dialects.js'
import { baseOf, snippets } from './snippets.js'
import { ms, number, t } from './text.js'

const html = htm.bind(h)
// What was typed stays while the tab does, and no longer: the key is in no storage.
let typed = { key: '', dialect: 'openai-chat', model: '', system: '', text: '', most: 1024, stream: true, snippet: 'python' }

const headersOf = (key) => ({ ...adminHeaders('x-yuzui-admin-token'), ...(key && { authorization: `Bearer ${key}` }) })
const newId = () => 'try-' + [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, '0')).join('')

async function failure(answer) {
  const body = await answer.text()
  try { return wrongOf(JSON.parse(body)) || body } catch { return body }
}

async function modelsOf(key) {
  const answer = await fetch('/try/v1/models', { headers: headersOf(key), cache: 'no-store' })
  if (!answer.ok) throw new Error(await failure(answer))
  return (await answer.json()).data.map((model) => model.id)
}

// Asks, and tells `on` what becomes of it: {headers, status}, {text} as it grows, {wrong}, {done}.
async function askGateway(question, id, stop, on) {
  const dialect = dialects[question.dialect]
  const answer = await fetch('/try' + dialect.path(question), {
    method: 'POST', body: JSON.stringify(dialect.body(question)), signal: stop, cache: 'no-store',
    headers: { ...headersOf(question.key), 'content-type': 'application/json', 'x-request-id': id },
  })
  on({ status: answer.status, headers: [...answer.headers].filter(([name]) => name.startsWith('x-yuzui-')) })
  if (!answer.ok) return on({ wrong: await failure(answer) })
  if (!(answer.headers.get('content-type') || '').startsWith('text/event-stream')) return on({ text: dialect.whole(await answer.json()) })
  let text = ''
  for await (const event of events(answer)) {
    if (event === '[DONE]') continue
    const said = JSON.parse(event), wrong = wrongOf(said)
    if (wrong) on({ wrong })
    const piece = dialect.piece(said)
    if (piece) on({ text: (text += piece) })
  }
}

// What the gateway wrote down about it, which is there a moment after the end.
async function entryOf(id) {
  for (let left = 20; left > 0; left--) {
    const found = (await json('/requests?limit=50')).requests.find((entry) => entry.id === id)
    if (found) return found
    await new Promise((go) => setTimeout(go, 150))
  }
}

function useModels(key) {
  const [found, setFound] = useState({ names: [], wrong: '' })
  const look = () => modelsOf(key).then((names) => setFound({ names, wrong: '' })).catch((error) => setFound({ names: [], wrong: error.message }))
  return { ...found, look }
}

function Route({ said, id }) {
  const entry = said.entry
  const rows = [['status', said.status], ...(said.headers || []).map(([name, value]) => [name.slice('x-yuzui-'.length), name === 'x-yuzui-cost' ? `$${value}` : value])]
  const add = (name, value) => { if (value != null && value !== '' && !rows.some(([known]) => known === name)) rows.push([name, value]) }
  if (entry) {
    add('target', entry.target), add('attempts', entry.attempts), add('tokens', entry.input_tokens != null && `${number(entry.input_tokens)}+${number(entry.output_tokens)}`)
    add('cost', entry.cost != null && `$${entry.cost}`), add('lost', entry.lost), add('first', ms(entry.first_ms)), add('took', ms(entry.ms))
  }
  return html`<h2>${t('route')}</h2><dl id="route">${rows.filter(([, value]) => value !== false).map(([name, value]) => html`<dt key=${name}>${t(name)}</dt><dd>${value}</dd>`)}</dl>
    ${entry && html`<p><a href="#/requests/${encodeURIComponent(id)}">${t('why_so')}</a></p>`}`
}

function Answer({ said, running, id }) {
  if (!said) return null
  return html`<h2>${t('its_answer')}</h2>
    ${said.wrong && html`<p class="note bad" role="alert">${said.wrong}</p>`}
    <p class="dim" role="status">${running ? t('running_now') : said.stopped ? t('stopped') : t('done')}</p>
    <pre id="answer" tabindex="0" role="region" aria-label=${t('its_answer')}>${said.text || ''}</pre><${Route} said=${said} id=${id} />`
}

function copy(box) {
  getSelection().selectAllChildren(box)
  navigator.clipboard ? navigator.clipboard.writeText(box.textContent) : document.execCommand('copy')
}

function Snippets({ question, pick }) {
  const [base, setBase] = useState(''), [copied, setCopied] = useState(false), box = useRef(null)
  useEffect(() => { json('/status').then((status) => setBase(baseOf(status.listen))).catch(() => setBase(location.origin)) }, [])
  useEffect(() => setCopied(false), [question, base])
  const chosen = snippets.find((s) => s.id === question.snippet)
  const text = chosen.write({ base: base.replace(/\/+$/, ''), model: question.model || 'MODEL', question: question.text || 'Hello' })
  return html`<h2>${t('elsewhere')}</h2><div class="fields">
    <label>${t('client_program')} <select id="snippet-of" value=${question.snippet} onChange=${(e) => pick({ snippet: e.target.value })}>${snippets.map((s) => html`<option value=${s.id}>${s.title}</option>`)}</select></label>
    <label>${t('base_url')} <input value=${base} spellcheck="false" onInput=${(e) => setBase(e.target.value)} /></label></div>
    <p class="dim">${t('key_from')} <code>export YUZUI_KEY=…</code>${chosen.file && html` · ${t('file')} <code>${chosen.file}</code>`}</p>
    <pre id="snippet" ref=${box} tabindex="0" role="region" aria-label=${chosen.title}>${text}</pre>
    <p><button type="button" onClick=${() => { copy(box.current); setCopied(true) }}>${t('copy')}</button> <span role="status">${copied ? t('copied') : ''}</span></p>`
}

export function Try() {
  const [question, setQuestion] = useState(typed), [said, setSaid] = useState(null), [running, setRunning] = useState(null), [id, setId] = useState('')
  const models = useModels(question.key)
  const pick = (change) => setQuestion((q) => (typed = { ...q, ...change }))
  const field = (name) => ({ id: name, value: question[name], onInput: (e) => pick({ [name]: e.target.type === 'number' ? Number(e.target.value) : e.target.value }) })
  useEffect(() => () => running?.abort(), [running])
  const send = async (event) => {
    event.preventDefault()
    const stop = new AbortController(), newest = newId(), on = (more) => setSaid((s) => ({ ...s, ...more }))
    setId(newest), setSaid({}), setRunning(stop)
    try {
      await askGateway(question, newest, stop.signal, on)
    } catch (error) {
      on(stop.signal.aborted ? { stopped: true } : { wrong: `${t('gone_off')} ${error.message}` })
    }
    setRunning(null)
    entryOf(newest).then((entry) => on({ entry })).catch(() => {})
  }
  return html`<p class="dim">${t('try_help')}</p><form onSubmit=${send}><div class="fields">
    <label>${t('your_key')} <input ...${field('key')} type="password" autocomplete="off" spellcheck="false" onChange=${models.look} /></label>
    <label>${t('dialect')} <select ...${field('dialect')}>${Object.entries(dialects).map(([name, d]) => html`<option value=${name}>${d.title}</option>`)}</select></label>
    <label>${t('model')} <input ...${field('model')} required autocomplete="off" spellcheck="false" list="models" /></label><datalist id="models">${models.names.map((name) => html`<option value=${name}></option>`)}</datalist>
    <label>${t('most_tokens')} <input ...${field('most')} type="number" min="1" required /></label></div>
    ${models.wrong && html`<p class="bad" role="alert">${models.wrong}</p>`}
    <p><label class="wide">${t('system')} <input ...${field('system')} /></label></p>
    <p><label class="wide">${t('question')} <textarea ...${field('text')} required rows="4"></textarea></label></p>
    <p><label><input id="stream" type="checkbox" checked=${question.stream} onChange=${(e) => pick({ stream: e.target.checked })} /> ${t('streamed')}</label>
    ${' '}<button disabled=${!!running}>${t('send')}</button> <button type="button" disabled=${!running} onClick=${() => running.abort()}>${t('stop')}</button></p></form>
    <${Answer} said=${said} running=${!!running} id=${id} /><${Snippets} question=${question} pick=${pick} />`
}
