/** An X12 interchange: one purchase order of four segments, from ACME to BOTS. */
export const purchaseOrder = [
  "ISA*00*          *00*          *ZZ*ACME           *ZZ*BOTS           *260109*1200*U*00401*000000905*0*P*>",
  "GS*PO*ACME*BOTS*20260109*1200*17*X*004010",
  "ST*850*0001",
  "BEG*00*SA*4711**20260109",
  "PO1*1*10*EA*9.95",
  "SE*4*0001",
  "GE*1*17",
  "IEA*1*000000905",
]
  .map((segment) => `${segment}~`)
  .join("\n");

/**
 * An EDIFACT interchange with its own separators announced: one order of four segments, with a quoted sign in a name.
 */
export const orders =
  "UNA:+.? 'UNB+UNOC:3+ACME?+CO:14+BOTS:14+260109:1200+REF7'UNH+1+ORDERS:D:96A:UN'BGM+220+4711'NAD+BY+++O?'NEIL'UNT+4+1'UNZ+1+REF7'";

export const jsonOrder = JSON.stringify({
  sender: "ACME",
  messagetype: "order",
  reference: 4711,
  segments: [{ line: 1 }, { line: 2 }],
  segment_count: 2,
});
