// Health: the gateway itself, its targets as the balancer sees them, and what every stage knows.
import htm from 'htm'
import { h } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { json, Refused } from './api.js'
import { number, t } from './text.js'

const html = htm.bind(h)
const uptime = (s) => s >= 86400 ? `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h` : s >= 3600 ? `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min` : `${Math.floor(s / 60)} min ${s % 60} s`

function Knows({ value }) {
  if (Array.isArray(value)) return value.length ? html`<ul>${value.map((v) => html`<li><${Knows} value=${v} /></li>`)}</ul>` : '–'
  if (value && typeof value === 'object') return html`<dl>${Object.entries(value).map(([k, v]) => html`<dt>${k}</dt><dd><${Knows} value=${v} /></dd>`)}</dl>`
  return String(value)
}

export function Health({ onRefused }) {
  const [status, setStatus] = useState(null), [gone, setGone] = useState(false)
  useEffect(() => {
    let stopped = false
    const look = async () => {
      try { setStatus(await json('/status')); setGone(false) } catch (error) { if (error instanceof Refused) return onRefused(); setGone(true) }
      if (!stopped) setTimeout(look, 2000)
    }
    look()
    return () => { stopped = true }
  }, [])
  if (!status) return gone ? html`<p class="note" role="status">${t('gone')}</p>` : null
  const counters = Object.entries(status.counters).filter(([, n]) => n > 0)
  return html`${gone && html`<p class="note" role="status">${t('gone')}</p>`}
    ${status.missing.length > 0 && html`<p class="note bad" role="alert">${t('missing')}: ${status.missing.join(', ')}</p>`}
    <div class="cards">${[['version', status.version], ['generation', status.generation], ['uptime', uptime(status.uptime_s)], ['workers', status.workers], ['in_flight', number(status.in_flight)]].map(([name, value]) => html`<div class="card"><span class="dim">${t(name)}</span><b>${value}</b></div>`)}</div>
    <h2>${t('stages')}</h2>${status.stages.length === 0 && html`<p class="dim">${t('empty')}</p>`}
    ${status.stages.map((s) => html`<section class="card"><strong>${s.stage}</strong> <span class="dim">${s.chain}</span><${Knows} value=${s.knows} /></section>`)}
    <h2>${t('counters')}</h2><div class="scroll" tabindex="0" role="region" aria-label=${t('counters')}><table><thead><tr><th scope="col">${t('counter')}</th><th scope="col" class="n">${t('value')}</th><th scope="col">${t('means')}</th></tr></thead><tbody>
    ${counters.map(([name, n]) => html`<tr key=${name}><th scope="row">${name}</th><td class="n">${number(n)}</td><td>${status.help[name]}</td></tr>`)}</tbody></table></div>`
}
