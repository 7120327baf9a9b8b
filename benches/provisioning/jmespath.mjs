// Decides as a peer does: for each organization its id is pasted into the selector's text, which is parsed and asked,
// and on a match the same again for the roles. Reads one JSON line at a time from standard input: first the task, then
// `go` as often as wanted; answers each `go` with how long it took, in nanoseconds, and how many organizations matched.
import { createInterface } from "node:readline";
import jmespath from "jmespath";

let task;
for await (const line of createInterface({ input: process.stdin })) {
  if (line !== "go") {
    task = JSON.parse(line);
    continue;
  }
  const begun = process.hrtime.bigint();
  const matched = decide(task);
  const took = process.hrtime.bigint() - begun;
  process.stdout.write(`${took} ${matched}\n`);
}

function decide({ claims, ids, org, own, role }) {
  let matched = 0;
  ids.forEach((id, number) => {
    const text = own ? own[number] : org;
    const chosen = jmespath.search(claims, text.replaceAll("{{orgId}}", id));
    if (chosen !== true && chosen !== id && !(Array.isArray(chosen) && chosen.includes(id))) return;
    const roles = jmespath.search(claims, role.replaceAll("{{orgId}}", id));
    if (roles) matched += 1;
  });
  return matched;
}
