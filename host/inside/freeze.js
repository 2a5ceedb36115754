// Runs inside each realm, before any user code: freezes the language, so that nothing one call does to it is seen by
// another, and so that our own code inside can rely on it.
;(function () {
  'use strict'

  const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, ownKeys } = Reflect
  const freezeObject = Object.freeze

  // Not part of what steps may use: shared memory and late callbacks would outlive a call, WebAssembly is code
  // generation.
  for (const name of ['WebAssembly', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'WeakRef']) {
    Reflect.deleteProperty(globalThis, name)
  }

  // Text instead of the TypeError that JSON.stringify throws for it.
  defineProperty(BigInt.prototype, 'toJSON', {
    value: { toJSON() { return this.toString() } }.toJSON,
    writable: true,
    configurable: true,
  })

  /** Prototypes that no global names. */
  function hidden() {
    const generator = function* () {}
    const asyncGenerator = async function* () {}
    return [
      generator, asyncGenerator, async function () {},
      generator.prototype, asyncGenerator.prototype,
      [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set()[Symbol.iterator](), ''[Symbol.iterator](),
      'a'.matchAll(/a/g), new Intl.Segmenter().segment('a'), new Intl.Segmenter().segment('a')[Symbol.iterator](),
    ].map((one) => getPrototypeOf(one))
  }

  // In frozen objects `error.name = …` and `thing.toString = …` would throw, since a read-only property can't be
  // shadowed by assignment. These become accessors that shadow.
  const shadowed = [
    [Object.prototype, ownKeys(Object.prototype).filter((key) => key !== '__proto__')],
    [Function.prototype, ['toString', 'bind', 'call', 'apply', 'constructor']],
    [Array.prototype, ['toString', 'push', 'concat', 'join']],
    ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError].map((type) => [
      type.prototype,
      ['constructor', 'message', 'name', 'toString'],
    ]),
  ]

  function shadow(prototype, key) {
    const property = getOwnPropertyDescriptor(prototype, key)
    if (!property || !property.configurable || !('value' in property)) return
    const { value } = property
    const accessor = {
      get value() {
        return value
      },
      set value(next) {
        if (this === prototype) throw new TypeError(`'${String(key)}' is read only`)
        defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true })
      },
    }
    const { get, set } = getOwnPropertyDescriptor(accessor, 'value')
    defineProperty(prototype, key, { get, set, enumerable: property.enumerable, configurable: true })
  }

  /**
   * @param {object[]} more objects of ours that user code may reach
   * @param {() => void} lastly sets the globals that belong to the host and stay as they are
   */
  function freeze(more, lastly) {
    for (const [prototype, keys] of shadowed) for (const key of keys) shadow(prototype, key)
    const seen = new Set([globalThis])
    const found = [...hidden(), ...more]
    for (const key of ownKeys(globalThis)) found.push(globalThis[key])
    while (found.length > 0) {
      const one = found.pop()
      if ((typeof one !== 'object' && typeof one !== 'function') || one === null || seen.has(one)) continue
      seen.add(one)
      found.push(getPrototypeOf(one))
      for (const key of ownKeys(one)) {
        const property = getOwnPropertyDescriptor(one, key)
        found.push(property.value, property.get, property.set)
      }
      freezeObject(one)
    }
    // Its prototype chain is frozen by now; the object itself last.
    lastly()
    for (const key of ownKeys(globalThis)) {
      const property = getOwnPropertyDescriptor(globalThis, key)
      if (property.configurable && 'value' in property) {
        defineProperty(globalThis, key, { value: property.value, writable: false, configurable: false })
      }
    }
    Object.preventExtensions(globalThis)
  }

  return freeze
})()
