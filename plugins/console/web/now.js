// Now: what runs, live; rates and first tokens of the last seconds by model, provider and key.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { ask, live, metrics, quantiles, sums } from './api.js'
import { ms, number, t } from './text.js'

const html = htm.bind(h)
const SECONDS = 120, SHOWN = 100

function useChart(points, theme) {
  const box = useRef(null), chart = useRef(null)
  useEffect(() => {
    const style = getComputedStyle(document.documentElement), colour = (name) => style.getPropertyValue(name).trim()
    const axis = { stroke: colour('--dim'), grid: { stroke: colour('--line') }, ticks: { stroke: colour('--line') } }
    chart.current = new uPlot({ width: box.current.clientWidth || 300, height: 180, cursor: { show: false }, legend: { show: false },
      axes: [axis, { ...axis, size: 45 }], scales: { x: { range: () => [Date.now() / 1000 - SECONDS, Date.now() / 1000] }, y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
      series: [{}, { label: t('rate'), stroke: colour('--key'), width: 2 }, { label: t('errors_s'), stroke: colour('--bad'), width: 2 }] }, [[], [], []], box.current)
    const size = new ResizeObserver(() => box.current && chart.current.setSize({ width: box.current.clientWidth || 300, height: 180 }))
    size.observe(box.current)
    return () => { size.disconnect(); chart.current.destroy() }
  }, [theme])
  useEffect(() => { chart.current?.setData([points.map((p) => p.at), points.map((p) => p.rate), points.map((p) => p.errors)]) }, [points])
  return box
}

function useLive(onRefused) {
  const [event, setEvent] = useState(null), [points, setPoints] = useState([]), [gone, setGone] = useState(false)
  useEffect(() => {
    const stop = new AbortController()
    let last = null
    live((e) => {
      setEvent(e)
      if (!last) last = e
      const s = (e.ms - last.ms) / 1000
      if (s < 1) return
      const rate = (name) => Math.max(0, (e[name] - last[name]) / s)
      const point = { at: e.ms / 1000, rate: rate('requests'), errors: rate('errors'), left: rate('cancelled') }
      last = e
      setPoints((p) => [...p.slice(1 - SECONDS), point])
    }, (ok, refused) => { setGone(!ok); if (!ok) last = null; if (refused) onRefused() }, stop.signal)
    return () => stop.abort()
  }, [])
  return { event, points, gone }
}

function useMetrics() {
  const [pair, setPair] = useState([[], []])
  useEffect(() => {
    let stopped = false
    const history = []
    const look = async () => {
      try { history.push(await metrics()); setPair([history.at(-1), history[0]]); if (history.length > 15) history.shift() } catch { /* the live part says so */ }
      if (!stopped) setTimeout(look, 2000)
    }
    look()
    return () => { stopped = true }
  }, [])
  return pair
}

const failed = (labels) => !!labels.error_type
function Table({ name, label, samples, before, family }) {
  const rows = sums(samples, label, { calls: [family + '_count'], fails: [family + '_count', failed] })
  const old = sums(before, label, { calls: [family + '_count'], fails: [family + '_count', failed] })
  const firsts = family.replace('request_duration', 'time_to_first_token').replace('operation_duration', 'time_to_first_token')
  const p50 = quantiles(samples, before, firsts, label, 0.5), p99 = quantiles(samples, before, firsts, label, 0.99)
  const names = Object.keys(rows).sort((a, b) => rows[b].calls - rows[a].calls)
  return html`<h2>${t(name === 'model' ? 'by_model' : 'by_provider')}</h2><div class="scroll" tabindex="0" role="region" aria-label=${t(name === 'model' ? 'by_model' : 'by_provider')}><table><thead><tr><th scope="col">${t(name)}</th>
    <th class="n" scope="col">30 s</th><th class="n" scope="col">${t('fails')}</th><th class="n" scope="col">${t('p50')}</th><th class="n" scope="col">${t('p99')}</th></tr></thead><tbody>
    ${names.map((n) => html`<tr key=${n}><th scope="row">${n || '–'}</th><td class="n">${number(rows[n].calls - (old[n]?.calls || 0))}</td>
    <td class="n">${number((rows[n].fails || 0) - (old[n]?.fails || 0))}</td><td class="n">${ms(p50[n] && p50[n] * 1000)}</td><td class="n">${ms(p99[n] && p99[n] * 1000)}</td></tr>`)}</tbody></table></div>`
}

async function cancel(id) { if (confirm(t('confirm'))) await ask(`/calls/cancel?id=${encodeURIComponent(id)}`, { method: 'POST' }) }

function Calls({ calls, left }) {
  const shown = [...calls].sort((a, b) => b.ms - a.ms).slice(0, SHOWN)
  if (!shown.length) return html`<p class="dim">${t('none_running')}</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t('running')}><table><thead><tr>${['age', 'phase', 'model', 'target', 'key', 'bytes', 'id'].map((c) => html`<th scope="col" class=${c === 'age' || c === 'bytes' ? 'n' : ''}>${t(c)}</th>`)}<th scope="col">${t('cancel')}</th></tr></thead><tbody>
    ${shown.map((c) => html`<tr key=${c.id + c.worker}><td class="n">${ms(c.ms)}</td><td>${c.phase}</td><td>${c.model}</td><td>${c.target}</td><td>${c.key}</td><td class="n">${number(c.bytes)}</td><td>${c.id.slice(0, 12)}</td>
    <td><button aria-label="${t('cancel')} ${c.id}" onClick=${() => cancel(c.id)}>✕</button></td></tr>`)}</tbody></table></div>
    ${calls.length + left > shown.length && html`<p class="dim">${number(calls.length + left - shown.length)} ${t('left_out')}</p>`}`
}

export function Now({ onRefused, theme }) {
  const { event, points, gone } = useLive(onRefused), [samples, before] = useMetrics(), box = useChart(points, theme)
  const last = points.at(-1) || { rate: 0, errors: 0, left: 0 }
  const all = (q) => { const strip = (list) => list.map((s) => ({ ...s, labels: { le: s.labels.le } })); return quantiles(strip(samples), strip(before), 'gen_ai_server_time_to_first_token_seconds', 'x', q)[''] }
  const calls = event?.calls || [], left = event?.left_out || 0
  const cards = [['in_flight', number(calls.length + left)], ['rate', last.rate.toFixed(1)], ['errors_s', last.errors.toFixed(1)], ['left_s', last.left.toFixed(1)], ['p50', ms(all(0.5) * 1000 || null) || '–'], ['p99', ms(all(0.99) * 1000 || null) || '–']]
  return html`${gone && html`<p class="note" role="status">${t('gone')}</p>`}
    <div class="cards">${cards.map(([name, value]) => html`<div class="card" key=${name}><span class="dim">${t(name)}</span><b>${value}</b></div>`)}</div>
    <h2>${t('chart')}</h2><div ref=${box} role="img" aria-label=${t('chart')}></div>
    <h2>${t('running')}</h2><${Calls} calls=${calls} left=${left} />
    <${Table} name="model" label="gen_ai_request_model" family="gen_ai_server_request_duration_seconds" samples=${samples} before=${before} />
    <${Table} name="provider" label="gen_ai_provider_name" family="gen_ai_client_operation_duration_seconds" samples=${samples} before=${before} />`
}
