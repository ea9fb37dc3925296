// Policies: those that run, as they were loaded; and what the files of the config, as they stand now, would do: checked, and tried on a question.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, json, Refused } from './api.js'
import { dialects } from './dialects.js'
import { number, t } from './text.js'
import { Replay } from './replay.js'
import { Editor } from './versions.js'

const html = htm.bind(h)

// {ok, text, …}, or in the same form what the gateway said against it
async function post(path, body) {
  const answer = await ask(path, { method: 'POST', ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })
  const said = await answer.json()
  return said.error ? { ok: false, text: said.error.message } : said
}

function Running({ running }) {
  const [path, setPath] = useState('')
  const { policies, files } = running, shown = files.find((f) => f.path === path) || files[0]
  if (!policies.length) return html`<p class="dim">${t('no_policies')}</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t('policies')}><table><thead><tr>${['policy', 'chain', 'file', 'on_error', 'serves'].map((c) => html`<th scope="col">${t(c)}</th>`)}</tr></thead><tbody>
    ${policies.map((p) => html`<tr><th scope="row">${p.name}</th><td>${p.chain || '–'}</td><td>${p.path}</td><td>${t('on_error_' + p.on_error)}</td><td>${p.serves || '–'}</td></tr>`)}</tbody></table></div>
    <p><label>${t('file')} <select id="file" value=${shown?.path} onChange=${(e) => setPath(e.target.value)}>${files.map((f) => html`<option value=${f.path}>${f.path}</option>`)}</select></label></p>
    ${shown && html`<pre id="source" class="code" tabindex="0" role="region" aria-label=${shown.path}>${shown.source}</pre>`}`
}

function Files({ file, editing, onLoaded, refuse }) {
  const [said, setSaid] = useState(null), [busy, setBusy] = useState(false)
  const run = async (path) => {
    setBusy(true)
    try { setSaid(await post(path)); if (path === '/reload') onLoaded() } catch (error) { refuse(error) }
    setBusy(false)
  }
  return html`<h2>${t('files')}</h2><p>${t(editing ? 'files_help_edit' : 'files_help')} <code>${file}</code></p>
    <p><button disabled=${busy} onClick=${() => run('/policies/check')}>${t('check')}</button> <button disabled=${busy} onClick=${() => run('/reload')}>${t('load')}</button></p>
    <pre id="checked" role="status" class=${said && !said.ok ? 'bad' : ''} hidden=${!said}>${said?.text}</pre>`
}

function Found({ said }) {
  if (!said) return null
  const { found } = said
  if (!found) return html`<p class="note bad" role="alert">${said.text}</p>`
  const rows = [['chain', found.chain], ['error', found.error], ['model', found.model], ['targets', found.targets?.join(', ')], ['its_answer', found.answer], ['why', found.reason], ['made_up', found.made_up?.join(', ')], ['took', `${number(found.us)} µs`]]
  return html`<dl id="found">${rows.filter(([, value]) => value).map(([name, value]) => html`<dt>${t(name)}</dt><dd class=${name === 'error' ? 'bad' : ''}>${value}</dd>`)}</dl>
    ${found.policies.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label=${t('decided')}><table id="decisions"><thead><tr>${['policy', 'asked', 'chosen', 'why'].map((c) => html`<th scope="col">${t(c)}</th>`)}</tr></thead><tbody>
    ${found.policies.map((d) => html`<tr><th scope="row">${d.policy}</th><td>${d.asked}</td><td class=${d.failed ? 'bad' : ''}>${d.failed ? t('failed') : d.chosen}</td><td>${d.reason}</td></tr>`)}</tbody></table></div>`}
    ${said.text && html`<pre id="complaints" class="warn">${said.text}</pre>`}`
}

function DryRun({ draft, refuse }) {
  const [q, setQ] = useState({ text: '', whole: false, model: '', key: '', dialect: 'openai-chat' }), [said, setSaid] = useState(null), [busy, setBusy] = useState(false)
  const pick = (change) => setQ((old) => ({ ...old, ...change }))
  const field = (name) => ({ id: name, value: q[name], onInput: (e) => pick({ [name]: e.target.value }) })
  const submit = async (event) => {
    event.preventDefault()
    const options = { ...draft, ...(q.model && { model: q.model }), ...(q.key && { key: q.key }), dialect: q.dialect }
    let body = null
    try { body = q.whole ? JSON.parse(q.text) : null } catch (error) { return setSaid({ text: `${t('no_json')} ${error.message}` }) }
    setBusy(true)
    try { setSaid(await post('/policies/explain', { ...options, ...(q.whole ? { body } : { question: q.text }) })) } catch (error) { refuse(error) }
    setBusy(false)
  }
  return html`<h2>${t('dry_run')}</h2><p class="dim">${t('dry_run_help')}</p>${draft && html`<p class="note" id="with-draft">${t('with_draft')} <code>${draft.file}</code></p>`}<form onSubmit=${submit}><div class="fields">
    <label>${t('model')} <input ...${field('model')} placeholder="auto" autocomplete="off" spellcheck="false" /></label>
    <label>${t('key_name')} <input ...${field('key')} autocomplete="off" spellcheck="false" /></label>
    <label>${t('dialect')} <select ...${field('dialect')}>${Object.entries(dialects).map(([name, d]) => html`<option value=${name}>${d.title}</option>`)}</select></label></div>
    <p><label><input id="whole" type="checkbox" checked=${q.whole} onChange=${(e) => pick({ whole: e.target.checked })} /> ${t('whole_body')}</label></p>
    <p><label class="wide">${q.whole ? t('request_body') : t('question')} <textarea ...${field('text')} required rows="5" spellcheck="false"></textarea></label></p>
    <p><button disabled=${busy}>${t('run')}</button></p></form><div aria-live="polite"><${Found} said=${said} /></div>`
}

export function Policies({ onRefused }) {
  const [running, setRunning] = useState(null), [gone, setGone] = useState(false), [draft, setDraft] = useState(null)
  const refuse = (error) => { if (error instanceof Refused) onRefused(); else setGone(true) }
  const look = () => json('/policies').then((r) => { setRunning(r); setGone(false) }).catch(refuse)
  useEffect(() => { look() }, [])
  return html`${gone && html`<p class="note" role="status">${t('gone_once')}</p>`}
    ${running && html`<p class="dim">${t('running_policies')} ${number(running.generation)}</p><${Running} running=${running} />
    ${running.editing && html`<${Editor} running=${running} onLoaded=${look} tell=${setDraft} onRefused=${onRefused} />`}
    <${Files} file=${running.file} editing=${running.editing} onLoaded=${look} refuse=${refuse} /><${DryRun} draft=${draft} refuse=${refuse} /><${Replay} draft=${draft} refuse=${refuse} />`}`
}
