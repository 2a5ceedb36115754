// Keeps realms: one serves one key (a project's step with its source, or a project's expressions) and one call at a
// time, so that nothing of a call is another project's and everything late can be told to be whose.
import { createRealm } from './realm.mjs'

const MOST_CALLS = 10_000
const LONGEST_LIFE = 10 * 60_000
const KEPT_PER_KEY = 16
const KEPT = 256

/**
 * @typedef {import('./realm.mjs').Realm} Realm
 * @typedef {import('./realm.mjs').Lent} Lent
 */

/**
 * @typedef {object} Lease a realm while it serves its key
 * @property {string} key
 * @property {Realm} realm
 * @property {number} calls
 * @property {number} born
 * @property {Map<string, Function>} compiled expressions
 */

/**
 * @param {() => Lent} lent
 * @param {number} outputLimit
 */
export function realmStore(lent, outputLimit) {
  /**
   * Idle realms; the keys stand in the order of their last use.
   *
   * @type {Map<string, Lease[]>}
   */
  const idle = new Map()
  let idleCount = 0
  /** @type {Map<object, Lease>} */
  const owners = new Map()
  /** @type {Realm | undefined} */
  let spare

  /** Making a realm takes milliseconds: the next new key finds one that was made while there was nothing to do. */
  function prepare() {
    spare ??= createRealm(lent(), outputLimit)
  }

  /**
   * @param {string} key
   * @returns {Lease} with `calls` 0 when it is new and has nothing loaded
   */
  function take(key) {
    const found = idle.get(key)
    if (found !== undefined) {
      const lease = /** @type {Lease} */ (found.pop())
      if (found.length === 0) idle.delete(key)
      idleCount--
      return lease
    }
    const realm = spare ?? createRealm(lent(), outputLimit)
    spare = undefined
    const lease = { key, realm, calls: 0, born: Date.now(), compiled: new Map() }
    owners.set(realm.promisePrototype, lease)
    return lease
  }

  /** @param {Lease} lease */
  function discard(lease) {
    owners.delete(lease.realm.promisePrototype)
    lease.realm.dispose()
  }

  /** @param {Lease} lease that its call has left clean */
  function giveBack(lease) {
    const old = Date.now() - lease.born > LONGEST_LIFE
    const beside = idle.get(lease.key)
    if (lease.calls >= MOST_CALLS || old || (beside !== undefined && beside.length >= KEPT_PER_KEY)) {
      discard(lease)
      return
    }
    lease.realm.listen(undefined)
    if (beside !== undefined) {
      idle.delete(lease.key)
      beside.push(lease)
      idle.set(lease.key, beside)
    } else {
      idle.set(lease.key, [lease])
    }
    if (++idleCount > KEPT) dropOldest()
  }

  function dropOldest() {
    for (const [key, leases] of idle) {
      idle.delete(key)
      idleCount -= leases.length
      leases.forEach(discard)
      return
    }
  }

  /** Idle realms past their life; called now and then, so that a key that is not used again goes too. */
  function dropOld() {
    const oldest = Date.now() - LONGEST_LIFE
    for (const [key, leases] of idle) {
      const kept = leases.filter((lease) => lease.born > oldest)
      if (kept.length === leases.length) continue
      leases.filter((lease) => lease.born <= oldest).forEach(discard)
      idleCount -= leases.length - kept.length
      if (kept.length === 0) idle.delete(key)
      else idle.set(key, kept)
    }
  }

  /**
   * @param {object} promise
   * @returns {Lease | undefined} whose promise it is
   */
  function ownerOf(promise) {
    try {
      let one = Object.getPrototypeOf(promise)
      for (let i = 0; i < 20 && one !== null; i++) {
        const lease = owners.get(one)
        if (lease !== undefined) return lease
        one = Object.getPrototypeOf(one)
      }
    } catch {
      // A prototype that is the user's proxy may throw: nobody's promise.
    }
    return undefined
  }

  return { prepare, take, discard, giveBack, dropOld, ownerOf, count: () => owners.size }
}
