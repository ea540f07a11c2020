/** Files that the artifact browser shows, made here: real ones of their kinds, and hostile ones. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { venvCommand } from "../helpers/python.ts";

/** One second of a 440 Hz tone, 8 kHz, 8 bit. */
export const wav = (): Buffer => {
  const rate = 8000;
  const samples = Buffer.from(
    Array.from({ length: rate }, (_u, i) => 128 + Math.round(90 * Math.sin((i * 440 * 2 * Math.PI) / rate))),
  );
  const head = Buffer.alloc(44);
  head.write("RIFF", 0, "latin1");
  head.writeUInt32LE(36 + samples.length, 4);
  head.write("WAVEfmt ", 8, "latin1");
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(1, 22);
  head.writeUInt32LE(rate, 24);
  head.writeUInt32LE(rate, 28);
  head.writeUInt16LE(1, 32);
  head.writeUInt16LE(8, 34);
  head.write("data", 36, "latin1");
  head.writeUInt32LE(samples.length, 40);
  return Buffer.concat([head, samples]);
};

/** A short film that the browser itself records. */
export const webm = async (page: Page): Promise<Buffer> => {
  const base64 = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [64, 48];
    const ink = canvas.getContext("2d");
    const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: "video/webm;codecs=vp8" });
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => void parts.push(data);
    recorder.start();
    for (let i = 0; i < 12; i += 1) {
      ink?.fillRect(i * 5, 5, 10, 10);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => {
      recorder.onstop = resolve;
      recorder.stop();
    });
    const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  });
  return Buffer.from(base64, "base64");
};

/** 100,000 rows in row groups of 40,000, written by pyarrow: larger than what is read at once. */
export const parquet = (): Buffer => {
  const folder = mkdtempSync(join(tmpdir(), "outpost-parquet-"));
  try {
    const file = join(folder, "t.parquet");
    const script = `import pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({"id": list(range(100000)), "city": [["서울", "東京", "Bonn"][i % 3] for i in range(100000)], "score": [i / 7 if i % 10 else None for i in range(100000)]}), ${JSON.stringify(file)}, row_group_size=40000)`;
    execFileSync(venvCommand("python"), ["-c", script]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const PDF = Buffer.from(
  `%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj
trailer<</Root 1 0 R>>
%%EOF
`,
);

export const NOTEBOOK = JSON.stringify({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { language_info: { name: "python" } },
  cells: [
    { cell_type: "markdown", source: ["# Churn\n", "A *first* look"] },
    {
      cell_type: "code",
      execution_count: 3,
      source: "import pandas as pd\ndf.head()",
      outputs: [
        { output_type: "stream", name: "stdout", text: ["loading\n", "\u001b[31mdone\u001b[0m\n"] },
        {
          output_type: "execute_result",
          data: {
            "text/html": `<table id="frame-table"><tr><td>42</td></tr></table><script>try{parent.harmed=1}catch{};document.title="ran"</script>`,
            "text/plain": "42",
          },
        },
        { output_type: "error", ename: "ValueError", evalue: "no", traceback: ["Traceback…", "ValueError: no"] },
      ],
    },
  ],
});

/** A page that tries everything a hostile artifact may try, and writes down how each attempt ended. */
export const HOSTILE_PAGE = `<!doctype html><meta charset="utf-8"><title>report</title>
<meta http-equiv="refresh" content="3;url=http://elsewhere.example/refresh">
<link rel="stylesheet" href="http://elsewhere.example/style.css">
<link rel="dns-prefetch" href="http://elsewhere.example">
<img src="http://elsewhere.example/image.png"><img src="/api/outpost/v1/status">
<iframe src="http://elsewhere.example/frame"></iframe>
<form id="form" action="/api/2.0/mlflow/experiments/create" method="post"><input name="name" value="stolen"></form>
<h1>Report</h1><pre id="log"></pre>
<script>
const log = document.getElementById("log");
const note = (what, how) => { log.textContent += what + ": " + how + "\\n"; };
const attempt = (what, run) => { try { run(); note(what, "done"); } catch (error) { note(what, error.name); } };
attempt("script", () => {});
attempt("parent", () => { parent.harmed = 1; parent.document.title; });
attempt("cookie", () => document.cookie);
attempt("storage", () => localStorage.length);
attempt("top", () => { top.location = "http://elsewhere.example/top"; });
attempt("popup", () => { if (!open("http://elsewhere.example/popup")) throw new DOMException("", "Blocked"); });
attempt("form", () => document.getElementById("form").submit());
attempt("worker made", () => {
  const worker = new Worker("data:text/javascript,postMessage(1)");
  worker.onmessage = () => note("worker", "ran");
  worker.onerror = () => note("worker", "refused");
});
attempt("beacon", () => { if (!navigator.sendBeacon("/api/2.0/mlflow/experiments/create", "{}")) throw new DOMException("", "Refused"); });
note("origin", String(self.origin));
fetch("/api/outpost/v1/status").then((r) => note("fetch", r.status), () => note("fetch", "refused"));
fetch("http://elsewhere.example/x", { mode: "no-cors" }).then(() => note("away", "done"), () => note("away", "refused"));
</script>`;

export const HOSTILE_SVG = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="30">
<script>try { parent.harmed = 1 } catch (error) { document.documentElement.setAttribute("data-ended", error.name) }</script>
<image href="http://elsewhere.example/x.png" width="5" height="5"/>
<foreignObject width="10" height="10"><iframe xmlns="http://www.w3.org/1999/xhtml" src="javascript:parent.parent.harmed=1"></iframe></foreignObject>
<rect width="40" height="30" onclick="parent.harmed=1"/></svg>`;
