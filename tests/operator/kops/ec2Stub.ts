/** The boot program's shell with a `curl` that answers as the metadata service and EC2 do, or as something between does. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a call of EC2 gets: the answer's text and HTTP status, or nothing at all. */
export type Answer = { text: string; status?: number } | "no answer";

/** By action, one answer for each of its calls; the last one stays. */
export type Answers = Partial<Record<string, readonly Answer[]>>;

export interface StubSettings {
  answers: Answers;
  curlVersion?: string;
  /** By path below `meta-data/`. */
  metadata?: Readonly<Record<string, string>>;
}

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
  /** Form of each call of EC2, in order. */
  calls: URLSearchParams[];
}

const curl = `curl() {
  local word url= form= action number
  for word; do case $word in
    -V) echo "curl $CURL_VERSION (x86_64-pc-linux-gnu)"; return ;;
    http*) url=$word ;;
    Action=*) form=$word ;;
  esac; done
  case $url in
    */latest/api/token) echo token; return ;;
    */latest/meta-data/*) cat "$STUB/metadata/$(sed 's/.*meta-data.//; s,/,_,g' <<<"$url")" 2>/dev/null; return ;;
  esac
  cat >/dev/null
  echo "$form" >>"$STUB/calls"
  action=\${form#Action=} action=\${action%%&*}
  number=$(grep -c "^Action=$action&" "$STUB/calls")
  while [ ! -e "$STUB/$action.$number" ] && [ $number -gt 1 ]; do number=$((number - 1)); done
  cat "$STUB/$action.$number" && return "$(cat "$STUB/$action.$number.exit")"
}
`;

/** Runs a shell text after the stub. */
export function runStubbed(script: string, { answers, curlVersion = "8.5.0", metadata = {} }: StubSettings): Ran {
  const stub = mkdtempSync(join(tmpdir(), "ec2-stub-"));
  try {
    mkdirSync(join(stub, "metadata"));
    for (const [path, text] of Object.entries(metadata))
      writeFileSync(join(stub, "metadata", path.replaceAll("/", "_")), text);
    for (const [action, all] of Object.entries(answers))
      for (const [index, answer] of (all ?? []).entries()) {
        const file = join(stub, `${action}.${index + 1}`);
        const none = answer === "no answer";
        writeFileSync(file, none ? "<status>000</status>" : `${answer.text}<status>${answer.status ?? 200}</status>`);
        writeFileSync(`${file}.exit`, none ? "7" : "0");
      }
    writeFileSync(join(stub, "calls"), "");
    const { status, stdout, stderr } = spawnSync("bash", ["-c", `${curl}${script}`], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"], STUB: stub, CURL_VERSION: curlVersion },
    });
    const calls = readFileSync(join(stub, "calls"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((form) => new URLSearchParams(form));
    return { status, stdout, stderr, calls };
  } finally {
    rmSync(stub, { recursive: true });
  }
}

/** EC2's answer to an action. */
export const response = (action: string, content = "<return>true</return>"): Answer => ({
  text: `<?xml version="1.0" encoding="UTF-8"?>\n<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId>${content}</${action}Response>`,
});

/** EC2's refusal of one. */
export const refusal = (code: string, status = 400): Answer => ({
  text: `<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>${code}</Code><Message>why</Message></Error></Errors><RequestID>r</RequestID></Response>`,
  status,
});
