import test from "ava";
import { cell, csvHeader, csvRecord, recordIds } from "../../../workloads/server/platform/csv.ts";
import { event, gather } from "./support/platform-database.ts";

async function* pieces(text: string, size: number) {
  for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size);
}

const idsOf = (text: string, size = 1_000) => gather(recordIds(pieces(text, size)));

test("a plain cell stays as it is", (t) => {
  for (const text of ["", "ana", "10.0.0.7", "a=b", "2026-01-09T12:00:00.000000Z", "ação"]) t.is(cell(text), text);
});

test("commas, quotes and line ends are quoted as RFC 4180 says", (t) => {
  t.is(cell("a,b"), '"a,b"');
  t.is(cell('say "hi"'), '"say ""hi"""');
  t.is(cell("a\nb"), '"a\nb"');
  t.is(cell("a\r\nb"), '"a\r\nb"');
});

test("no cell begins a formula", (t) => {
  for (const first of ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"]) t.is(cell(`${first}x`), `'${first}x`);
  t.is(cell("\rx"), '"\'\rx"');
  t.is(cell('=HYPERLINK("http://x","y")'), '"\'=HYPERLINK(""http://x"",""y"")"');
});

test("removing one apostrophe always gives the text back", (t) => {
  for (const text of ["'quoted", "''", "=1", "plain"]) t.is(cell(text).replace(/^'/, ""), text);
});

test("a record has a cell for each column of the header, and nothing for what is not known", (t) => {
  t.is(csvHeader, "id,occurred_at,actor,address,action,subject,request_id,hold,detail\r\n");
  const record = csvRecord(
    event(7, "2026-01-09T12:00:00.000000Z", { address: null, request_id: null, hold: true, detail: '{"to": 1}' }),
  );
  t.is(record, '7,2026-01-09T12:00:00.000000Z,ana,,setting.changed,settings/theme,,true,"{""to"": 1}"\r\n');
});

test("records are found whatever their cells hold and wherever the chunks end", async (t) => {
  const text =
    csvHeader +
    csvRecord(event(1, "t", { subject: 'a\r\n"9,b"\r\nc' })) +
    csvRecord(event(2, "t", { detail: '{"a": "\\""}' }));
  for (const size of [1, 2, 7, 1_000]) t.deepEqual(await idsOf(text, size), ["1", "2"], `${size}`);
});

test("a file without events has a header", async (t) => {
  t.deepEqual(await idsOf(csvHeader), []);
  await t.throwsAsync(idsOf(""), { message: "the file ends inside of a record" });
  await t.throwsAsync(idsOf("id,actor\r\n"), { message: "the file does not begin with the header" });
});

test("a file that was cut off is noticed", async (t) => {
  const text = csvHeader + csvRecord(event(1, "t", { detail: '{"a": "b"}' }));
  await t.throwsAsync(idsOf(text.slice(0, -1)), { message: "the file ends inside of a record" });
  await t.throwsAsync(idsOf(`${text}2,"x\r\n`), { message: "the file ends inside of a record" });
});
