import test from "ava";
import { acknowledge, describe } from "../../../workloads/server/edi/formats.ts";
import { edifact } from "../../../workloads/server/edi/edifact.ts";
import { InvalidPayload } from "../../../workloads/server/edi/payload.ts";
import { x12 } from "../../../workloads/server/edi/x12.ts";
import { jsonOrder, orders, purchaseOrder } from "./support/edi-payloads.ts";

const noon = new Date("2026-01-09T12:34:56Z");
const incoming = (editype: string, payload: string, messagetype = "unknown") => ({
  id: 42,
  editype,
  messagetype,
  payload,
});

/** The reason for which a payload is refused. */
const refusal = (
  t: { throws: (work: () => unknown, expected: object) => Error | undefined },
  editype: string,
  payload: string,
  messagetype?: string,
) =>
  t.throws(() => acknowledge(incoming(editype, payload, messagetype), noon), { instanceOf: InvalidPayload })?.message;

test("an X12 interchange is answered by a 997 that names each of its transaction sets", (t) => {
  const { kind, body, segments } = acknowledge(incoming("x12", purchaseOrder, "850"), noon);
  t.deepEqual([kind, segments], ["997", 8]);
  t.deepEqual(body.split("\n"), [
    "ISA*00*          *00*          *ZZ*BOTS           *ZZ*ACME           *260109*1234*U*00401*000000042*0*P*>~",
    "GS*FA*BOTS*ACME*20260109*1234*1*X*004010~",
    "ST*997*0001~",
    "AK1*PO*17~",
    "AK2*850*0001~",
    "AK5*A~",
    "AK9*A*1*1*1~",
    "SE*6*0001~",
    "GE*1*1~",
    "IEA*1*000000042~",
  ]);
  t.like(x12.read(body), { sender: "BOTS", messagetype: "997", segments: 10 });
});

test("every functional group gets a 997 of its own", (t) => {
  const second =
    "GS*IN*ACME*BOTS*20260109*1200*18*X*004010~ST*810*0007~SE*2*0007~ST*810*0008~SE*2*0008~GE*2*18~IEA*2*000000905~";
  const { body } = acknowledge(incoming("x12", purchaseOrder.replace("IEA*1*000000905~", second)), noon);
  t.deepEqual(
    body.split("\n").filter((line) => /^(ST|AK1|AK9|SE|GE)/.test(line)),
    [
      "ST*997*0001~",
      "AK1*PO*17~",
      "AK9*A*1*1*1~",
      "SE*6*0001~",
      "ST*997*0002~",
      "AK1*IN*18~",
      "AK9*A*2*2*2~",
      "SE*8*0002~",
      "GE*2*1~",
    ],
  );
  t.is(x12.read(body).messagetype, "997");
});

test("X12 separators are those of the ISA segment, also a line end", (t) => {
  const other = purchaseOrder.replaceAll("~\n", "\n").replaceAll("~", "\n").replaceAll("*", "|");
  const { body } = acknowledge(incoming("x12", `\uFEFF\n${other}`), noon);
  t.is(x12.read(body).segments, 10);
  t.true(body.includes("AK1|PO|17\n"));
});

test("an X12 interchange with a wrong count, reference or place is refused with the reason", (t) => {
  const changed = (from: string, to: string) => refusal(t, "x12", purchaseOrder.replace(from, to));
  t.is(changed("SE*4*0001", "SE*5*0001"), "SE of 0001 says 5 for its number of segments, there are 4");
  t.is(changed("SE*4*0001", "SE**0001"), "SE of 0001 says nothing for its number of segments, there are 4");
  t.is(changed("SE*4*0001", "SE*4*0002"), 'SE has the reference "0002", its ST has "0001"');
  t.is(changed("GE*1*17", "GE*2*17"), "GE of 17 says 2 for its number of messages, there are 1");
  t.is(changed("IEA*1*000000905", "IEA*3*000000905"), "IEA of 000000905 says 3 for its number of groups, there are 1");
  t.is(changed("SE*4*0001~\n", ""), "segment 6 (GE) stands inside message 0001, which has no SE");
  t.is(changed("GE*1*17~\n", ""), "group 17 has no GE");
  t.is(changed("GS*PO*ACME*BOTS*20260109*1200*17*X*004010~\n", ""), "segment 2 (ST) stands outside of a group (GS)");
  t.is(changed("ST*850*0001~\n", ""), "segment 3 (BEG) stands outside of a message");
  t.is(changed("GE*1*17~", "GE*1*17~ISA*00~"), "segment 8 (ISA) belongs to a second interchange: send one at a time");
});

test("an X12 interchange that is cut off is refused", (t) => {
  t.is(refusal(t, "x12", purchaseOrder.slice(0, -4)), "the interchange ends within a segment");
  t.is(refusal(t, "x12", purchaseOrder.slice(0, 50)), "the ISA segment has less than its 106 characters");
  t.is(refusal(t, "x12", purchaseOrder.slice(0, purchaseOrder.indexOf("GE*"))), 'the last segment is "SE", not IEA');
  t.is(refusal(t, "x12", "hello"), "an X12 interchange begins with ISA");
});

test("an EDIFACT interchange is answered by a CONTRL message, with quoted signs kept", (t) => {
  const { kind, body, segments } = acknowledge(incoming("edifact", orders, "ORDERS.D96A"), noon);
  t.deepEqual([kind, segments], ["CONTRL", 6]);
  t.is(
    body,
    [
      "UNB+UNOC:3+BOTS:14+ACME?+CO:14+260109:1234+42'",
      "UNH+1+CONTRL:D:3:UN'",
      "UCI+REF7+ACME?+CO:14+BOTS:14+7'",
      "UCM+1+ORDERS:D:96A:UN+7'",
      "UNT+4+1'",
      "UNZ+1+42'",
    ].join("\n"),
  );
  t.like(edifact.read(body), { sender: "BOTS", messagetype: "CONTRL", segments: 6 });
});

test("UNA changes every separator, and a blank release character quotes nothing", (t) => {
  const other = "UNA;|.  ~UNB|UNOC;3|A?B|BOTS|260109;1200|R~UNH|1|ORDERS;D~UNT|2|1~UNZ|1|R~";
  t.deepEqual([edifact.read(other).sender, edifact.read(other).messagetype], ["A?B", "ORDERS"]);
});

test("EDIFACT groups are optional and counted when they are there", (t) => {
  const grouped = "UNB+UNOC:3+A+B+260109:1200+R'UNG+ORDERS+A+B+260109:1200+G'UNH+1+ORDERS'UNT+2+1'UNE+1+G'UNZ+1+R'";
  t.is(edifact.read(grouped).segments, 6);
  t.is(
    refusal(t, "edifact", grouped.replace("UNE+1", "UNE+2")),
    "UNE of G says 2 for its number of messages, there are 1",
  );
});

test("an EDIFACT interchange with a wrong count or end is refused with the reason", (t) => {
  t.is(
    refusal(t, "edifact", orders.replace("UNT+4", "UNT+7")),
    "UNT of 1 says 7 for its number of segments, there are 4",
  );
  t.is(
    refusal(t, "edifact", orders.replace("UNZ+1", "UNZ+2")),
    "UNZ of REF7 says 2 for its number of messages, there are 1",
  );
  t.is(refusal(t, "edifact", orders.slice(0, -1)), "the interchange ends within a segment");
  t.is(refusal(t, "edifact", "UNB+UNOC:3+A+B+260109:1200+R'UNZ+0+R'"), "the interchange holds no message");
});

test("a JSON document is answered by JSON with the number of its segments", (t) => {
  const { kind, body, segments } = acknowledge(incoming("json", jsonOrder, "order"), noon);
  t.deepEqual([kind, segments], ["json", 2]);
  t.deepEqual(JSON.parse(body), {
    acknowledgement: 42,
    status: "accepted",
    reference: 4711,
    messagetype: "order",
    sender: "ACME",
    segments: 2,
    acknowledged_at: "2026-01-09T12:34:56.000Z",
  });
  t.is(acknowledge(incoming("json", '{"a":1,"b":2,"c":3}'), noon).segments, 3);
});

test("a JSON document that is none, or counts wrong, is refused with the reason", (t) => {
  t.regex(refusal(t, "json", "{half")!, /^the payload is not JSON: /);
  t.is(refusal(t, "json", "[1]"), "the document: expected an object");
  t.is(refusal(t, "json", '{"segments":[1],"segment_count":2}'), "segment_count says 2, there are 1 segments");
});

test("a declared type must begin with the payload's own, whatever its case", (t) => {
  t.notThrows(() => acknowledge(incoming("x12", purchaseOrder, "850004010"), noon));
  t.is(refusal(t, "x12", purchaseOrder, "810"), "the payload is a message of type 850, not 810");
  t.is(refusal(t, "edifact", orders, "INVOIC"), "the payload is a message of type ORDERS, not INVOIC");
  t.is(refusal(t, "csv", "a;b"), "the payload is none of x12, edifact, json");
});

test("a payload says what it is, and an invalid one only its format", (t) => {
  t.deepEqual(describe(purchaseOrder), { editype: "x12", partner: "ACME", messagetype: "850" });
  t.deepEqual(describe(`\r\n${orders}`), { editype: "edifact", partner: "ACME+CO", messagetype: "ORDERS" });
  t.deepEqual(describe(jsonOrder), { editype: "json", partner: "ACME", messagetype: "order" });
  t.deepEqual(describe('{"a":1}'), { editype: "json", partner: "unknown", messagetype: "unknown" });
  t.deepEqual(describe(purchaseOrder.replace("SE*4", "SE*5")), {
    editype: "x12",
    partner: "unknown",
    messagetype: "unknown",
  });
  t.deepEqual(describe("name;price"), { editype: "unknown", partner: "unknown", messagetype: "unknown" });
});
