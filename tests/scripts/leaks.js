// SPDX-License-Identifier: BSD-2-Clause
// Node: says "ready" and waits for a line, then leaks sockets, each from another construct of the
// language, and says of each its inode and its case. With "says" as its
// argument it says the frames that the language has there instead: to ask for them has V8 make what
// it names lines by, which a program that leaks has no reason to.
'use strict';
const { EventEmitter } = require('events');
const fs = require('fs');
const vm = require('vm');
const { isMainThread, parentPort, Worker } = require('worker_threads');
const { TCP, constants } = process.binding('tcp_wrap');

const SAYS = process.argv.includes('says');
const WARM = Number(process.env.LEAKS_WARM || 0);
const kept = [];
const results = [];
let now;
let isWarm = false;

Error.stackTraceLimit = Infinity;

function frames() {
  const { prepareStackTrace } = Error;
  const holder = {};
  Error.prepareStackTrace = (error, sites) => sites;
  Error.captureStackTrace(holder, made);
  // what waits for a promise is not on the stack
  const said = holder.stack.filter((site) => !site.isAsync()).map((site) => [
    site.getFunctionName() ?? '<anonymous>',
    site.getFileName() ?? (site.isEval() ? '<anonymous>' : null),
    site.getFileName() || site.isEval() ? site.getLineNumber() : null,
  ]);
  Error.prepareStackTrace = prepareStackTrace;
  return said;
}

// Called on the line that has made the socket.
function made(handle) {
  if (isWarm)
    return;
  kept.push(handle);
  results.push(SAYS ? { case: now, frames: frames() } :
    { case: now, inode: Number(/\d+/.exec(fs.readlinkSync(`/proc/self/fd/${handle.fd}`))) });
}

// A handle has no socket before it is bound, and no other one when it is bound again.
const handles = Array.from({ length: 100 }, () => new TCP(constants.SOCKET));

function bind(handle) {
  handle.bind('127.0.0.1', 0), made(handle);
}

// While functions are called often, so that they are compiled, there is no socket. What is called
// in its place is many functions, for V8 compiles a call of one, or of few, as if it had no other.
const binds = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => new Function('handle', `return ${n}`));
const state = new Int32Array([0, 1, 7, 0]); // what is next, and where it goes on; the handle
binds.push(bind);

function nextBind() {
  const next = state[0];
  state[0] = next + state[1] & state[2];
  return binds[next];
}

function nextHandle() {
  return handles[state[3] += 1 - state[1]];
}

function leak(handle) {
  return nextBind()(handle);
}

function open() {
  return leak(
    nextHandle());
}

function direct() {
  bind(nextHandle());
}

class Pool {
  #secret = 1;
  static #count = 0;
  static make() {
    return new Pool().open();
  }
  constructor(opens) {
    if (opens)
      open();
  }
  open() {
    this.#hidden();
  }
  #hidden() {
    Pool.#count++;
    open(this.#secret);
  }
  get opened() {
    open();
    return true;
  }
  set opened(value) {
    open(value);
  }
  [Symbol.toPrimitive]() {
    open();
    return 1;
  }
}

class SubPool extends Pool {
  constructor() {
    super(true);
  }
  open() {
    super.open();
  }
}

function recurse(levels) {
  if (levels)
    return recurse(levels - 1);
  open();
}

function* generate(levels) {
  if (levels)
    yield* generate(levels - 1);
  else
    yield open();
}

const holder = {
  method() {
    open();
  },
  arrow: () => open(),
  anonymous: function () {
    open();
  },
  ['computed' + 1]() {
    open();
  },
};

function defaults(value = open()) {
  return value;
}

const bound = function bound() {
  open(this);
}.bind(holder);

function manyLines(a,
  b) {
  return a
    .concat(b)
    .map(
      function inMap() {
        return open();
      })
    .concat(
      a);
}

const cases = {
  direct,
  open,
  static_method: () => Pool.make(),
  method: () => new Pool().open(),
  constructor_call: () => new Pool(true),
  super_calls: () => new SubPool().open(),
  getter: () => new Pool().opened,
  setter: () => { new Pool().opened = 1; },
  to_primitive: () => `${new Pool()}`,
  recursion: () => recurse(10),
  recursion_deep: () => recurse(200),
  generator: () => [...generate(3)],
  object_method: () => holder.method(),
  arrow: () => holder.arrow(),
  anonymous: () => holder.anonymous(),
  computed: () => holder.computed1(),
  default_value: () => defaults(),
  bound: () => bound(),
  apply: () => Reflect.apply(open, null, []),
  call: () => open.call(null),
  map: () => [1].map(() => open()),
  for_each: () => [1].forEach(() => open()),
  reduce: () => [1, 2].reduce(() => open()),
  sort: () => { let once = false; [2, 1].sort(() => { once = once || (open(), true); return 0; }); },
  replace: () => 'a'.replace(/a/, () => open()),
  replace_all: () => 'a'.replace(/a/g, () => open()),
  json: () => JSON.parse('[1]', (key, value) => { if (key === '0') open(); return value; }),
  stringify: () => JSON.stringify({ toJSON: () => open() }),
  proxy: () => new Proxy({}, { get: () => open() }).anything,
  map_for_each: () => new Map([[1, 1]]).forEach(() => open()),
  emitter: () => { const emitter = new EventEmitter(); emitter.on('x', open); emitter.emit('x'); },
  spread: () => Math.max(...{ *[Symbol.iterator]() { open(); } }),
  destructuring: () => { const [first] = generate(0); return first; },
  tagged: () => (() => open())`text`,
  finally_block: () => { try { return 1; } finally { open(); } },
  first_instruction: () => ((call) => call())(open),
  eval_text: () => (0, eval)('(function inEval() { leakOpen(); })')(),
  new_function: () => new Function('leakOpen();')(),
  vm_script: () => vm.runInThisContext('function inVm() {\n leakOpen();\n}\ninVm();',
    { filename: '/of/vm.js' }),
  many_lines: () => manyLines([1], []),
  promise_executor: () => new Promise(() => open()),
};

// Those that begin anew from the event loop.
const later = {
  then: (done) => Promise.resolve().then(() => { open(); done(); }),
  async_function: async (done) => { await null; open(); done(); },
  async_generator: async (done) => {
    for await (const value of (async function* many() { await null; yield open(); })())
      done(value);
  },
  timer: (done) => setTimeout(() => { open(); done(); }, 1),
  immediate: (done) => setImmediate(() => { open(); done(); }),
  tick: (done) => process.nextTick(() => { open(); done(); }),
  microtask: (done) => queueMicrotask(() => { open(); done(); }),
  file: (done) => fs.stat('/', function statDone() { open(); done(); }),
};

function warmUp() {
  const cold = new Set(['eval_text', 'new_function', 'vm_script', 'recursion_deep']);
  isWarm = true;
  for (const [name, run] of Object.entries(cases))
    for (let i = 0; i < WARM && !cold.has(name); i++)
      run();
  isWarm = false;
  state.set([8, 0, 15, 1]);
}

async function runAll() {
  globalThis.leakOpen = open;
  warmUp();
  for (now of Object.keys(cases))
    cases[now]();
  for (const [name, run] of Object.entries(later))
    await new Promise((resolve) => { now = name; run(resolve); });
}

function status(name) {
  try {
    return new Function('f', 'return %GetOptimizationStatus(f)')(open);
  } catch {
    return 0; // without --allow-natives-syntax
  }
}

if (isMainThread) {
  console.log('ready');
  process.stdin.once('data', function start() {
    runAll().then(() => {
      const worker = new Worker(__filename, { argv: process.argv.slice(2) });
      worker.on('message', (said) => {
        for (const result of [...results, ...said])
          console.log(JSON.stringify(result));
        console.log(JSON.stringify({ end: true, status: status() }));
      });
    });
  });
  process.stdin.on('end', () => process.exit(0));
} else {
  now = 'worker';
  open();
  parentPort.postMessage(results);
  setInterval(() => {}, 1e6);
}
