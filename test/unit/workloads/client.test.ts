import test from "ava";
import { clientAddress, forwardedFor, isUserId } from "../../../workloads/server/http/client.ts";

const sender = { socketAddress: "10.42.0.9", forwardedFor: "203.0.113.5, 198.51.100.7", trustedProxy: false };

test("without a trusted proxy the client is the socket's other end", (t) => {
  t.is(clientAddress(sender), "10.42.0.9");
});

test("behind a trusted proxy the client is the last hop of X-Forwarded-For", (t) => {
  t.is(clientAddress({ ...sender, trustedProxy: true }), "198.51.100.7");
  t.is(clientAddress({ ...sender, trustedProxy: true, forwardedFor: "2001:db8::1" }), "2001:db8::1");
});

test("a last hop that is no address is not believed", (t) => {
  t.is(clientAddress({ ...sender, trustedProxy: true, forwardedFor: "203.0.113.5, nonsense:key" }), "10.42.0.9");
  t.is(clientAddress({ ...sender, trustedProxy: true, forwardedFor: undefined }), "10.42.0.9");
});

test("an IPv4 client of a socket for both families has its IPv4 address", (t) => {
  t.is(clientAddress({ ...sender, socketAddress: "::ffff:10.42.0.9" }), "10.42.0.9");
  t.is(clientAddress({ ...sender, socketAddress: "::1" }), "::1");
});

test("a closed socket still has a name for the limiter", (t) => {
  t.is(clientAddress({ ...sender, socketAddress: undefined }), "unknown");
});

test("the client is appended to the X-Forwarded-For of a request made for it", (t) => {
  t.is(forwardedFor(sender), "203.0.113.5, 198.51.100.7, 10.42.0.9");
  t.is(forwardedFor({ ...sender, forwardedFor: undefined }), "10.42.0.9");
});

test("an X-Forwarded-For from a trusted proxy ends with the client already", (t) => {
  t.is(forwardedFor({ ...sender, trustedProxy: true }), "203.0.113.5, 198.51.100.7");
});

test("user ids of 1 to 64 harmless characters are accepted", (t) => {
  for (const id of ["a", "user-1", "Ana.Souza_2", "x".repeat(64)]) t.true(isUserId(id), id);
});

test("user ids that could change the key are refused", (t) => {
  for (const id of ["", "x".repeat(65), "a b", "a:b", "a*", "ação", "a\n"]) t.false(isUserId(id), id);
});
