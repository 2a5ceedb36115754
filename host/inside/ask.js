// Runs inside each realm: the host's answers, so wrapped that an error of the host's realm (a stack that overflows on the
// way out) can't travel into user code, where `error.constructor.constructor` would be the host's Function.
;(function (host) {
  'use strict'

  const ask = {}
  for (const name of Object.keys(host)) {
    const answer = host[name]
    ask[name] = (...values) => {
      try {
        return answer(...values)
      } catch {
        throw new RangeError('Maximum call stack size exceeded')
      }
    }
  }
  return Object.freeze(ask)
})
