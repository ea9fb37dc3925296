// Editing a policy: its text as it stands in its file, tried, put there, and every text that stood there before.
import { diffLines } from 'diff'
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, Refused } from './api.js'
import { api, Rows, Trouble, useAsked, when } from './ledger.js'
import { number, t } from './text.js'

const html = htm.bind(h)
const AROUND = 3 // lines shown around what differs

// Lines of a difference, with what is the same far from any change left out: [mark, text]
export function difference(before, after) {
  const lines = diffLines(before, after).flatMap((part) => part.value.replace(/\n$/, '').split('\n').map((text) => [part.added ? '+' : part.removed ? '-' : ' ', text]))
  const near = lines.map((_, i) => lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(([mark]) => mark !== ' '))
  return lines.flatMap((line, i) => near[i] ? [line] : i > 0 && !near[i - 1] ? [] : [['…', '']])
}

export function Difference({ before, after, title, id }) {
  const lines = difference(before, after), count = (mark) => lines.filter((l) => l[0] === mark).length
  return html`<h3>${title} <span class="dim">+${number(count('+'))} −${number(count('-'))}</span></h3>
    <pre id=${id} class="code" tabindex="0" role="region" aria-label=${title}>${lines.map(([mark, text]) => html`<span class=${mark === '+' ? 'good' : mark === '-' ? 'bad' : 'dim'}>${mark} ${text}${'\n'}</span>`)}</pre>`
}

const at = (file) => api('policies/file', { params: { file } })

function History({ found, locked, busy, rollback, onRefused }) {
  const [shown, setShown] = useState(null), [why, setWhy] = useState('')
  const show = async (version) => {
    try { setShown(await api('policies/version', { params: { file: found.file, version } })); setWhy('') } catch (error) { error instanceof Refused ? onRefused() : setWhy(error.message) }
  }
  useEffect(() => setShown(null), [found.file, found.sha256])
  const buttons = (v) => v.sha256 === found.sha256 ? t('stands_there') : html`<button type="button" aria-label=${`${t('compare')} ${v.version}`} onClick=${() => show(v.version)}>${t('compare')}</button> <button type="button" aria-label=${`${t('roll_back')} ${v.version}`} disabled=${locked || busy} onClick=${() => confirm(t('confirm_roll_back')) && rollback(v.version)}>${t('roll_back')}</button>`
  return html`<h2>${t('versions')}</h2><${Trouble} why=${why} />
    <${Rows} title=${t('versions')} id="versions" rows=${found.versions} columns=${[['revision', (v) => number(v.version)], ['time', (v) => when(v.time)], ['by', (v) => v.by === 'found' ? t('by_hand') : v.by], ['note', (v) => [v.of ? `${t('text_of')} ${v.of}` : '', v.note].filter(Boolean).join(': ')], ['bytes', (v) => number(v.bytes), true], ['state', buttons]]} />
    ${shown && html`<${Difference} id="compared" title=${`${t('from_version')} ${shown.version} → ${t('now_there')}`} before=${shown.source} after=${found.source} />`}`
}

// `running`: the texts that serve; `tell`: the draft that a dry run is to take, or null.
export function Editor({ running, onLoaded, tell, onRefused }) {
  const mine = running.files.filter((f) => !f.library)
  const [file, setFile] = useState(mine[0]?.path), [text, setText] = useState(null), [note, setNote] = useState(''), [said, setSaid] = useState(null), [busy, setBusy] = useState(false), [conflict, setConflict] = useState('')
  const [who] = useAsked(() => api('token'), [], onRefused), [found, why, look] = useAsked(() => at(file), [file], onRefused)
  const here = found && found.file === file ? found : null, draft = text ?? here?.source ?? '', changed = here && draft !== here.source
  const locked = !who?.policies
  useEffect(() => { tell(changed && !locked ? { file, source: draft } : null) }, [file, draft, changed, locked])
  useEffect(() => {
    const stay = (event) => changed && event.preventDefault()
    addEventListener('beforeunload', stay)
    return () => removeEventListener('beforeunload', stay)
  }, [changed])
  if (!mine.length) return null
  const pick = (path) => { if (changed && !confirm(t('confirm_discard'))) return; setFile(path), setText(null), setSaid(null), setConflict('') }
  const run = async (what) => {
    setBusy(true), setSaid(null), setConflict('')
    try { await what() } catch (error) { error instanceof Refused ? onRefused() : setSaid({ ok: false, text: error.message }) }
    setBusy(false)
  }
  const check = () => run(async () => {
    const answer = await (await ask('/policies/check', { method: 'POST', body: JSON.stringify({ file, source: draft }), headers: { 'content-type': 'application/json' } })).json()
    setSaid(answer.error ? { ok: false, text: answer.error.message } : answer)
  })
  const put = (body) => run(async () => {
    try {
      const made = await api('policies/activate', { method: 'POST', body: { file, base: here.sha256, note, ...body } })
      setText(null), setNote(''), setSaid({ ok: made.loaded, text: `${t('version_made')} ${made.version}: ${made.text}` })
    } catch (error) {
      if (error.code !== 'conflict') throw error
      setConflict(error.message)
    }
    await look(), onLoaded()
  })
  const serves = running.files.find((f) => f.path === file)?.source
  return html`<h2>${t('edit')}</h2><p class="dim">${t('edit_help')}</p>${who && locked && html`<p class="note">${t('may_not_edit')}</p>`}
    <p><label>${t('file')} <select id="edited" value=${file} onChange=${(e) => pick(e.target.value)}>${mine.map((f) => html`<option value=${f.path}>${f.path}</option>`)}</select></label> ${here && html`<span class="dim">${here.version ? `${t('revision')} ${here.version}` : t('no_version')}</span>`}</p>
    <${Trouble} why=${why} />${conflict && html`<div class="note bad" role="alert"><p>${conflict}</p><p>${t('conflict_help')}</p></div>`}
    ${here && serves != null && serves !== here.source && html`<p class="note" role="status" id="unloaded">${t('not_loaded')}</p>`}
    ${here && html`<p><label class="wide">${t('text')} <textarea id="draft" class="code" rows="16" spellcheck="false" autocapitalize="off" value=${draft} onInput=${(e) => { setText(e.target.value), setSaid(null) }}></textarea></label></p>
    <p><label class="wide">${t('note')} <input id="note" maxlength="200" autocomplete="off" value=${note} onInput=${(e) => setNote(e.target.value)} /></label></p>
    <p class="actions"><button type="button" disabled=${busy || !changed || locked} onClick=${check}>${t('check_draft')}</button> <button type="button" disabled=${busy || !changed || locked} onClick=${() => confirm(t('confirm_activate')) && put({ source: draft })}>${t('activate')}</button> <button type="button" disabled=${busy || !changed} onClick=${() => { setText(null), setSaid(null), setConflict('') }}>${t('discard')}</button></p>
    <pre id="outcome" role="status" class=${said && !said.ok ? 'bad' : ''} hidden=${!said}>${said?.text}</pre>
    ${changed && html`<${Difference} id="changes" title=${t('your_changes')} before=${here.source} after=${draft} />`}
    <${History} found=${here} locked=${locked} busy=${busy} onRefused=${onRefused} rollback=${(version) => put({ version })} />`}`
}
