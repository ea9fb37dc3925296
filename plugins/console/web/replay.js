// The last requests once more, by the policies as their files stand now (or as they are being edited): what would have gone elsewhere.
import htm from 'htm'
import { h } from 'preact'
import { useState } from 'preact/hooks'
import { ask, Refused } from './api.js'
import { Rows, usd } from './ledger.js'
import { ms, number, t } from './text.js'

const html = htm.bind(h)
const change = (before, after, show) => before == null || after == null ? '–' : `${show(before)} → ${show(after)}`
const money = (m) => m.n > 0 && m.unpriced >= m.n ? '–' : change(m.before_usd, m.after_usd, usd)

function Outcome({ said }) {
  const { found } = said
  if (!found) return html`<p class="note bad" role="alert">${said.text}</p>`
  const counts = ['same', 'elsewhere', 'answered', 'failed', 'refused'].filter((name) => found[name] > 0 || name === 'same')
  return html`<div class="cards" id="replayed">${counts.map((name) => html`<div class="card" key=${name}><b>${number(found[name])}</b> ${t('r_' + name)}</div>`)}
    <div class="card"><b>${money({ ...found, n: found.same + found.elsewhere })}</b> ${t('r_cost')}</div><div class="card"><b>${change(found.before_ms, found.after_ms, ms)}</b> ${t('r_time')}</div></div>
    <p class="dim">${Object.entries(found.skipped).map(([why, n]) => `${t('left_out_of')} ${number(n)}: ${t('skip_' + why.replaceAll(' ', '_'))}`).join(' · ')}</p>
    ${found.text > 0 && html`<p class="note" id="made-up">${t('r_text')} ${number(found.text)}</p>`}${found.unpriced > 0 && html`<p class="note">${t('r_unpriced')} ${number(found.unpriced)}</p>`}
    ${found.moves.length > 0 && html`<${Rows} title=${t('moves')} id="moves" rows=${found.moves} columns=${[['from', (m) => m.from], ['to', (m) => m.to], ['requests', (m) => number(m.n), true], ['cost', money, true], ['took', (m) => change(m.before_ms, m.after_ms, ms), true]]} />`}
    ${found.examples.length > 0 && html`<p>${t('examples')} ${found.examples.slice(0, 5).map((id) => html`<a href=${`#/requests/${encodeURIComponent(id)}`}>${id}</a> `)}</p>`}
    ${said.text && html`<pre class="warn">${said.text}</pre>`}`
}

export function Replay({ draft, refuse }) {
  const [limit, setLimit] = useState('1000'), [said, setSaid] = useState(null), [busy, setBusy] = useState(false)
  const submit = async (event) => {
    event.preventDefault()
    setBusy(true)
    try {
      const answer = await (await ask('/policies/replay', { method: 'POST', body: JSON.stringify({ ...draft, limit: Number(limit) }), headers: { 'content-type': 'application/json' } })).json()
      setSaid(answer.error ? { ok: false, text: answer.error.message } : answer)
    } catch (error) { error instanceof Refused ? refuse(error) : setSaid({ text: error.message }) }
    setBusy(false)
  }
  return html`<h2>${t('replay')}</h2><p class="dim">${t('replay_help')}</p>${draft && html`<p class="note">${t('with_draft')} <code>${draft.file}</code></p>`}
    <form onSubmit=${submit}><p><label>${t('last_n')} <input id="last" type="number" min="1" max="2000" required value=${limit} onInput=${(e) => setLimit(e.target.value)} /></label> <button disabled=${busy}>${t('do_replay')}</button></p></form>
    <div aria-live="polite">${said && html`<${Outcome} said=${said} />`}</div>`
}
