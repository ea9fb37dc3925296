// Requests: the last ones; and one of them with its calls as a waterfall: what was decided, tried, waited for, and used.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ask, json, Refused } from './api.js'
import { ms, number, t } from './text.js'

const html = htm.bind(h)
const usd = (cost) => cost == null ? '' : `$${cost}`
const clock = (time) => new Date(time).toLocaleTimeString()

function List({ onRefused }) {
  const [entries, setEntries] = useState(null), [failed, setFailed] = useState(false)
  useEffect(() => {
    let stopped = false
    const look = async () => {
      try { setEntries((await json('/requests?limit=100')).requests) } catch (error) { if (error instanceof Refused) return onRefused() }
      if (!stopped) setTimeout(look, 2000)
    }
    look()
    return () => { stopped = true }
  }, [])
  const find = (event) => { event.preventDefault(); location.hash = `#/requests/${encodeURIComponent(new FormData(event.target).get('id').trim())}` }
  const rows = (entries || []).filter((e) => !failed || e.status >= 400 || e.error || e.gone)
  return html`<form onSubmit=${find}><label>${t('find')} <input name="id" required /></label> <button>${t('look')}</button> <button type="button" aria-pressed=${failed} onClick=${() => setFailed(!failed)}>${t('filter_failed')}</button></form>
    ${entries && !rows.length && html`<p class="dim">${t('empty')}</p>`}
    <div class="scroll" tabindex="0" role="region" aria-label=${t('recent')}><table><thead><tr>${['time', 'status', 'model', 'target', 'key'].map((c) => html`<th scope="col">${t(c)}</th>`)}${['took', 'first', 'tokens', 'cost'].map((c) => html`<th scope="col" class="n">${t(c)}</th>`)}<th scope="col">${t('id')}</th></tr></thead><tbody>
    ${rows.map((e) => html`<tr key=${e.id + e.time}><td>${clock(e.time)}</td><td class=${e.status >= 400 || e.error ? 'bad' : 'good'}>${e.status}${e.error ? ` ${e.error}` : ''}</td><td>${e.asked}</td><td>${e.target}</td><td>${e.key}</td>
    <td class="n">${ms(e.ms)}</td><td class="n">${ms(e.first_ms)}</td><td class="n">${e.input_tokens == null ? '' : `${number(e.input_tokens)}+${number(e.output_tokens)}`}</td><td class="n">${usd(e.cost)}</td>
    <td><a href="#/requests/${encodeURIComponent(e.id)}">${e.id.slice(0, 16)}</a></td></tr>`)}</tbody></table></div>`
}

// The parts of a call's bar, in µs: [kind, from, to].
function parts(node) {
  const end = node.end || node.begin
  if (!node.target || node.connect == null) return [[node.outcome === 'failed' ? 'failed' : 'stage', node.begin, end]]
  const first = node.content || node.first
  const list = [['connect', node.asked || node.begin, node.connect], ['wait', node.connect, first || end]]
  if (first) list.push([node.outcome === 'failed' ? 'failed' : 'answer', first, end])
  else if (node.outcome === 'failed') list[1][0] = 'failed'
  return list
}
const depth = (tree, node) => node.up == null ? 0 : 1 + depth(tree, tree[node.up])

function Waterfall({ tree }) {
  const total = Math.max(1, ...tree.map((n) => n.end || n.begin))
  const said = (node) => `${node.target || node.stage} ${node.because}, ${node.outcome}${node.error ? ` ${node.error}` : ''}, ${ms(((node.end || node.begin) - node.begin) / 1000)}`
  return html`<p class="legend" aria-hidden="true">${['connect', 'wait', 'answer', 'failed', 'stage'].map((kind) => html`<span><i class="bar ${kind}"></i>${t(kind)}</span>`)}</p>
    <div class="fall" role="list">${tree.map((node, i) => html`<div class="name" role="listitem" key=${i} style=${{ paddingLeft: `${depth(tree, node) * 0.8}rem` }} title=${said(node)} aria-label=${said(node)}>${node.target || node.stage} <span class="dim">${node.because === 'first' ? '' : node.because} ${ms(((node.end || node.begin) - node.begin) / 1000)}</span>${node.error && html` <span class="bad">${node.error}</span>`}${node.answered && html` <span class="good">✓</span>`}</div>
    <div class="track" aria-hidden="true">${parts(node).map(([kind, from, to]) => html`<div class="bar ${kind}" style=${{ left: `${from / total * 100}%`, width: `${Math.max(0, to - from) / total * 100}%` }}></div>`)}</div>`)}</div>`
}

// One sentence for whoever asks why it was slow: the longest part of any call.
function Slow({ entry }) {
  let most = null
  for (const node of entry.tree) if (node.target) for (const [kind, from, to] of parts(node)) if (!most || to - from > most.us) most = { us: to - from, kind, node }
  if (!most) return null
  return html`<h2>${t('slow_because')}</h2><p class="note" id="slow">${most.node.target}: ${t(most.kind)} ${ms(most.us / 1000)} / ${ms(entry.ms)}</p>`
}

const shown = ['time', 'id', 'client', 'via', 'method', 'path', 'dialect', 'target_dialect', 'key', 'chain', 'asked', 'model', 'target', 'status', 'error', 'said', 'gone', 'finish', 'ms', 'first_ms', 'bytes', 'input_tokens', 'cached_tokens', 'output_tokens', 'reasoning_tokens', 'usage', 'cost', 'cache', 'age', 'attempts', 'fallback', 'hedge', 'balance', 'policy', 'lost']
function One({ id, onRefused }) {
  const [entry, setEntry] = useState(null)
  useEffect(() => {
    ask(`/requests?id=${encodeURIComponent(id)}`).then(async (a) => setEntry(a.ok ? await a.json() : false)).catch((error) => error instanceof Refused ? onRefused() : setEntry(false))
  }, [id])
  const back = html`<p><a href="#/requests">← ${t('back')}</a></p>`
  if (entry === false) return html`${back}<p class="bad" role="alert">${t('not_found')}</p>`
  if (!entry) return back
  const decisions = entry.tree.flatMap((node) => node.decisions || [])
  return html`${back}<${Slow} entry=${entry} /><h2>${t('tree')}</h2><${Waterfall} tree=${entry.tree} />
    ${decisions.length > 0 && html`<h2>${t('decided')}</h2><ul>${decisions.map((d) => html`<li>${d.policy}: ${d.failed ? t('failed') : ''} ${d.chosen ? `${t('chosen')} ${d.chosen}` : ''} ${d.reason || ''}</li>`)}</ul>`}
    <h2>${t('facts')}</h2><dl>${shown.filter((name) => entry[name] != null).map((name) => html`<dt>${name}</dt><dd>${name === 'cost' ? usd(entry.cost) : String(entry[name])}</dd>`)}</dl>
    ${entry.cost != null && html`<p><a href="#/cost/${encodeURIComponent(entry.id)}">${t('proof')}</a></p>`}`
}

export const Requests = ({ rest, onRefused }) => rest ? html`<${One} id=${rest} onRefused=${onRefused} />` : html`<${List} onRefused=${onRefused} />`
