// Copyright (c) 2026 day2.ops contributors
// GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

// A program for tests that uses BullMQ's own client and worker:
//   node app.mjs fill QUEUE COUNT [OPTIONS]     add jobs, with these options as JSON
//   node app.mjs work QUEUE MODE [CONCURRENCY]  work on them until it is told to stop; MODE is ok, fail or hold
//   node app.mjs pause|resume QUEUE
//   node app.mjs flow QUEUE                     add a parent with one child, which takes its parent along when it fails
// REDIS_HOST, REDIS_PORT, REDIS_USER, REDIS_PASSWORD and REDIS_DB say where Redis is, BULLMQ_FOLDER where npm installed
// BullMQ, BULLMQ which of its versions is used, by the name in package.json.

import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.BULLMQ_FOLDER, "package.json"));
const { Redis } = require("ioredis");
const { FlowProducer, Queue, Worker } = require(process.env.BULLMQ ?? "bullmq");

const connection = {
  host: process.env.REDIS_HOST,
  port: Number(process.env.REDIS_PORT),
  username: process.env.REDIS_USER,
  password: process.env.REDIS_PASSWORD,
  db: Number(process.env.REDIS_DB),
  maxRetriesPerRequest: null,
};

async function withQueue(name, use) {
  const queue = new Queue(name, { connection });
  await use(queue);
  await queue.close();
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function fill(queue, count, options) {
  const jobs = Array.from({ length: count }, (_, number) => ({
    name: number % 2 ? "odd" : "even",
    data: { number, amount: 1.1 * number, big: 12345678901234 + number },
    opts: options,
  }));
  await queue.addBulk(jobs);
}

async function work(name, mode, concurrency) {
  const redis = new Redis(connection);
  const handle = async (job) => {
    if (mode === "fail") throw new Error(`the cause of job ${job.data.number} is not fixed`);
    while (mode === "hold" && !(await redis.exists("release"))) await pause(20);
    await redis.rpush("processed", JSON.stringify([job.id, job.data.number, job.data.amount, job.data.big]));
  };
  const worker = new Worker(name, handle, { connection, concurrency, stalledInterval: 60000 });
  const stop = () => worker.close().then(() => process.exit(0));
  process.on("SIGTERM", stop);
  await worker.waitUntilReady();
}

async function flow(name) {
  const producer = new FlowProducer({ connection });
  const child = { name: "child", queueName: name, data: { number: 1 }, opts: { failParentOnFailure: true } };
  await producer.add({ name: "parent", queueName: name, data: { number: 2 }, children: [child] });
  await producer.close();
}

const [command, name, ...rest] = process.argv.slice(2);
const commands = {
  fill: () => withQueue(name, (queue) => fill(queue, Number(rest[0]), JSON.parse(rest[1] ?? "{}"))),
  work: () => work(name, rest[0], Number(rest[1] ?? 1)),
  pause: () => withQueue(name, (queue) => queue.pause()),
  resume: () => withQueue(name, (queue) => queue.resume()),
  flow: () => flow(name),
};
if (!(command in commands)) throw new Error(`unknown command ${command}`);
await commands[command]();
