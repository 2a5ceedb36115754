// Runs the calls of one host: each begins in a macrotask of its own, so that what it leaves behind in the microtask queue
// is over, and its unhandled rejections are reported, before its realm serves another.
import { AsyncLocalStorage } from 'node:async_hooks'
import v8 from 'node:v8'
import vm from 'node:vm'
import { compile, loadCompiler, refuseDynamicImport } from './compile.mjs'
import { Kind } from './protocol.mjs'
import { realmStore } from './realms.mjs'

const SOURCES_KEPT = 2_000
const EXPRESSIONS_KEPT = 500
const MODULE_NAMES = ['exports', 'require', 'module']

/**
 * @typedef {import('./protocol.mjs').Frame} Frame
 * @typedef {import('./realms.mjs').Lease} Lease
 */

/**
 * @typedef {object} Call
 * @property {number} id
 * @property {Lease} lease
 * @property {string} own JSON of the header that goes with requests to the server's own addresses; may be empty
 * @property {number} borrowed how much of the host it still uses (requests on their way); its realm is not used again
 */

/**
 * @typedef {object} Options
 * @property {boolean} effectful
 * @property {number} outputLimit
 * @property {(call: () => Call | undefined) => import('./realm.mjs').Lent} lent for each realm
 */

/**
 * @param {Options} options
 * @param {(kind: number, id: number, number: number, fields: string[]) => void} answer
 */
export function callRunner(options, answer) {
  /** @type {Map<string, {source: string, code: string | undefined}>} */
  const sources = new Map()
  /** @type {Map<number, Call>} */
  const active = new Map()
  /** Whose asynchronous work runs: in effectful hosts only, since it makes promises slower. */
  const inCall = options.effectful ? new AsyncLocalStorage() : undefined
  let begun = 0
  const realms = realmStore(() => options.lent(currentCall), options.outputLimit)

  /** @returns {Call | undefined} */
  function currentCall() {
    const store = inCall?.getStore()
    if (store !== undefined) return /** @type {Call} */ (store)
    return active.size === 1 ? active.values().next().value : undefined
  }

  /** @param {Frame} frame of kind SOURCE */
  function keepSource({ fields: [hash, source] }) {
    if (sources.size >= SOURCES_KEPT) sources.delete(/** @type {string} */ (sources.keys().next().value))
    sources.set(hash, { source, code: undefined })
  }

  /** @param {Frame} frame of kind CODE */
  function code(frame) {
    const { id, fields: [project, contextKey, hash, input, own] } = frame
    const known = sources.get(hash)
    if (known === undefined) {
      answer(Kind.UNKNOWN_SOURCE, id, 0, [])
      return
    }
    begun++
    const lease = realms.take(`code\n${project}\n${contextKey}\n${hash}`)
    /** @type {Call} */
    const call = { id, lease, own, borrowed: 0 }
    active.set(id, call)
    lease.realm.listen({
      succeeded: (json) => ended(call, Kind.OK, [json]),
      failed: (...texts) => ended(call, Kind.FAILED, texts),
    })
    try {
      if (lease.calls++ === 0) {
        known.code ??= compile(known.source)
        if (!options.effectful) refuseDynamicImport(known.code)
        lease.realm.inside.load(lease.realm.compile(known.code, MODULE_NAMES))
      }
    } catch (error) {
      lease.calls = Infinity
      ended(call, Kind.FAILED, describeBroken(error))
      return
    }
    if (inCall === undefined) lease.realm.inside.begin(input)
    else inCall.run(call, () => beginWatched(lease, input, frame.number))
  }

  /**
   * In a host that shares nothing but a project, a synchronous loop is stopped at its deadline without harm to the
   * others. The timer costs 0.17 ms a call, which pure hosts save: they lose nothing when they are killed.
   *
   * @param {Lease} lease
   * @param {string} input
   * @param {number} timeout
   */
  function beginWatched(lease, input, timeout) {
    watched = () => lease.realm.inside.begin(input)
    try {
      watchScript.runInThisContext({ timeout: Math.max(1, timeout) })
    } catch (error) {
      const call = currentCall()
      if (call === undefined || /** @type {NodeJS.ErrnoException} */ (error).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      cancel(call.id)
    }
  }

  /**
   * @param {Call} call
   * @param {number} kind
   * @param {string[]} fields
   */
  function ended(call, kind, fields) {
    if (!active.delete(call.id)) return
    if (call.borrowed > 0) realms.discard(call.lease)
    else realms.giveBack(call.lease)
    answer(kind, call.id, 0, fields)
  }

  /** @param {Frame} frame of kind EVALUATE */
  function evaluate({ id, fields: [project, state, ...expressions] }) {
    begun++
    const lease = realms.take(`expressions\n${project}`)
    lease.calls++
    const { inside } = lease.realm
    const names = inside.open(state)
    const values = []
    for (let i = 0; i < expressions.length; i++) {
      const expression = compiled(lease, expressions[i], names)
      values.push((expression && inside.evaluate(expression)) ?? '')
      if (i + 1 < expressions.length && mayChange(expressions[i])) inside.reopen()
    }
    inside.close()
    realms.giveBack(lease)
    answer(Kind.VALUES, id, values.length, values)
  }

  /**
   * @param {Lease} lease
   * @param {string} expression
   * @param {string} names with commas
   * @returns {Function | undefined} undefined when it is no expression
   */
  function compiled(lease, expression, names) {
    const key = `${names}\n${expression}`
    let found = lease.compiled.get(key)
    if (found === undefined) {
      try {
        refuseDynamicImport(expression)
        // One expression and nothing more: what leaves the parentheses does not parse between brackets as well.
        new vm.Script(`[${expression}\n]`)
        found = lease.realm.compile(`return (${expression}\n)`, names.split(','))
      } catch {
        return undefined
      }
      if (lease.compiled.size >= EXPRESSIONS_KEPT) lease.compiled.clear()
      lease.compiled.set(key, found)
    }
    return found
  }

  /**
   * Nobody waits for the call any more: its timers go, and its realm with all that still runs in it.
   *
   * @param {number} id
   */
  function cancel(id) {
    const call = active.get(id)
    if (call === undefined) return
    active.delete(id)
    call.lease.realm.inside.abandon()
    realms.discard(call.lease)
  }

  /**
   * @param {unknown} reason
   * @param {object} promise
   */
  function rejected(reason, promise) {
    const lease = realms.ownerOf(promise)
    if (lease !== undefined) lease.realm.inside.failCurrent(reason)
    else currentCall()?.lease.realm.inside.failCurrent(reason)
  }

  /**
   * @param {unknown} error that nobody caught
   * @returns {boolean} whether it was a call's
   */
  function uncaught(error) {
    const call = currentCall()
    if (inCall === undefined || call === undefined) return false
    call.lease.realm.inside.failCurrent(error)
    return true
  }

  /** @type {NodeJS.Immediate | undefined} */
  let preparing

  /** Does in idle time what the next call would wait for. */
  function prepareSoon() {
    preparing ??= setImmediate(() => {
      preparing = undefined
      loadCompiler()
      realms.prepare()
    })
  }

  return {
    keepSource, code, evaluate, cancel, rejected, uncaught, prepareSoon,
    dropOld: realms.dropOld,
    activeCount: () => active.size,
    /** @returns {import('./protocol.mjs').Statistics} */
    statistics: () => ({
      calls: begun,
      active: active.size,
      realms: realms.count(),
      heapBytes: v8.getHeapStatistics().used_heap_size,
    }),
  }
}

/** @type {() => void} */
let watched = () => {}
Object.defineProperty(globalThis, Symbol.for('millrace.watched'), { value: () => watched() })
const watchScript = new vm.Script("globalThis[Symbol.for('millrace.watched')]()")

/**
 * Whether an expression may change the values it sees, by its text: if in doubt the next one gets fresh ones.
 *
 * @param {string} expression
 */
const mayChange = (expression) =>
  /[^=!<>]=[^=>]|\+\+|--|\b(?:delete|sort|reverse|push|pop|shift|unshift|splice|fill|copyWithin|assign|set\w*|define\w+|Reflect)\b/
    .test(expression)

/**
 * @param {unknown} error of the transpiler or of V8: texts, whichever realm it is from
 * @returns {string[]} the fields of Failed
 */
function describeBroken(error) {
  const { message, name } = /** @type {Error} */ (error)
  return [`The source can not be compiled: ${message}`, name, `${name}: ${message}`, '']
}
