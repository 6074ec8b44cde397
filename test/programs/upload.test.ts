import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";

const run = promisify(execFile);
const script = new URL("../../components/capabilities/verified-backup/upload.sh", import.meta.url).pathname;

/**
 * rclone with a folder as the bucket: it copies and compares as the real one, and says SAYS where the server would
 * refuse.
 */
const rclone = `#!/bin/bash
printf '%s\\n' "$*" >>"$RECORD/arguments"; env >>"$RECORD/environment"
[[ -z \${SAYS:-} ]] || { printf '%s\\n' "$SAYS" >&2; exit "\${EXIT:-1}"; }
[[ -z \${SLEEPS:-} ]] || exec sleep "$SLEEPS"
command=$1 source=$2 status=0
[[ $command != lsf ]] || { ls "$BUCKET"; exit; }
for word; do
  case $word in
    --missing-on-dst=*) missing=\${word#*=} ;;
    --differ=*) differ=\${word#*=} ;;
    --config=*) cp "\${word#*=}" "$RECORD/configuration" ;;
  esac
done
if [[ $command == check ]]; then : >"$missing"; : >"$differ"; fi
cd "$source"
while read -r file; do
  there=$BUCKET/$file
  case $command in
    copy)
      if [[ ! -e $there ]]; then [[ $file == "\${LOSES:-}" ]] || install -D "$file" "$there"
      elif [[ $(stat -c %s "$file") != $(stat -c %s "$there") ]]; then echo "ERROR : $file: immutable file modified" >&2; status=1; fi ;;
    check)
      if [[ ! -e $there ]]; then echo "$file" >>"$missing"; status=1
      elif ! cmp -s "$file" "$there"; then echo "$file" >>"$differ"; status=1; fi ;;
  esac
done < <(find * -type f)
exit $status
`;

/** Two verified copies, a bucket and the keys to it; what a run of the upload said, and its exit code. */
function bucket(t: ExecutionContext) {
  const root = mkdtempSync(join(tmpdir(), "upload-"));
  t.teardown(() => rmSync(root, { recursive: true }));
  const at = (...names: string[]) => join(root, ...names);
  const write = (path: string, content: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };
  for (const copy of ["db-1", "db-2"]) {
    const dump = `rows of ${copy}`;
    write(at("backups/verified", copy, "dump"), dump);
    write(at("backups/verified", copy, "SHA256SUMS"), `${createHash("sha256").update(dump).digest("hex")}  dump\n`);
  }
  write(at("keys/access-key-id"), "the-id\n");
  write(at("keys/secret-access-key"), "the-secret\n");
  write(at("bin/rclone"), rclone);
  chmodSync(at("bin/rclone"), 0o755);
  for (const folder of ["bucket", "record", "tmp"]) mkdirSync(at(folder));
  const upload = async (changes: Record<string, string> = {}) => {
    const env = {
      PATH: [at("bin"), process.env["PATH"]].join(delimiter),
      TMPDIR: at("tmp"),
      BUCKET: at("bucket"),
      RECORD: at("record"),
      BACKUPS: at("backups"),
      S3_ENDPOINT: "https://s3.example.com",
      S3_REGION: "here",
      S3_BUCKET: "copies",
      S3_PREFIX: "db",
      S3_KEYS: at("keys"),
      S3_KEYS_FROM: "bucket-keys",
      UPLOAD_SECONDS: "600",
      ...changes,
    };
    const { code, stdout, stderr } = await run("sh", [script], { env }).then(
      (said) => ({ code: 0, ...said }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
    // Each line begins with the time.
    return { status: code, lines: `${stdout}${stderr}`.split("\n").map((line) => line.replace(/^\d{4}-\S+Z /, "")) };
  };
  return { at, write, upload, recorded: (file: string) => readFileSync(at("record", file), "utf8") };
}

const kept = "verified, and kept on the volume: db-1 db-2";

test.serial("verified copies are in the bucket after the upload, and each file was compared (B11)", async (t) => {
  const { at, upload } = bucket(t);
  const { status, lines } = await upload();
  t.is(status, 0, lines.join("\n"));
  t.true(
    lines.includes("uploading to s3:copies/db at https://s3.example.com: 2 verified copies, newest db-2"),
    lines.join("\n"),
  );
  t.true(
    lines.includes(
      "uploaded: 2 copies are in s3:copies/db with the checksums that they have here, and db-2 was read back",
    ),
    lines.join("\n"),
  );
  t.deepEqual(readdirSync(at("bucket"), { recursive: true }).sort(), [
    "db-1",
    "db-1/SHA256SUMS",
    "db-1/dump",
    "db-2",
    "db-2/SHA256SUMS",
    "db-2/dump",
  ]);
});

test.serial("the keys stand in rclone's file, and in no argument or variable of it (X06)", async (t) => {
  const { upload, recorded } = bucket(t);
  t.is((await upload()).status, 0);
  t.is(
    recorded("configuration"),
    "[s3]\ntype = s3\nprovider = Other\nno_check_bucket = true\nendpoint = https://s3.example.com\nregion = here\naccess_key_id = the-id\nsecret_access_key = the-secret\n",
  );
  t.notRegex(recorded("arguments") + recorded("environment"), /the-id|the-secret/);
});

test.serial("a key that is not there is named before anything is asked (B11)", async (t) => {
  const { at, upload } = bucket(t);
  rmSync(at("keys/secret-access-key"));
  const { status, lines } = await upload();
  t.is(status, 1);
  t.deepEqual(lines.slice(0, 2), [
    "FAILED: the Secret bucket-keys has no key secret-access-key, or is not there: make it with the keys of https://s3.example.com",
    kept,
  ]);
  t.false(existsSync(at("record/arguments")));
});

const sent =
  'ERROR : error listing: operation error S3: ListObjects, https response error StatusCode: 0, request send failed, Get "https://s3.example.com/copies?prefix=db%2F": ';
const refusals = [
  [
    "a wrong secret",
    "ERROR : api error SignatureDoesNotMatch: signature",
    "https://s3.example.com refuses the keys of the Secret bucket-keys (SignatureDoesNotMatch): correct them, or their rights to list, read and write copies/db",
  ],
  [
    "an unknown id",
    "ERROR : api error InvalidAccessKeyId: key",
    "https://s3.example.com refuses the keys of the Secret bucket-keys (InvalidAccessKeyId): correct them, or their rights to list, read and write copies/db",
  ],
  [
    "keys without a right",
    "ERROR : api error AccessDenied: no",
    "https://s3.example.com refuses the keys of the Secret bucket-keys (AccessDenied): correct them, or their rights to list, read and write copies/db",
  ],
  [
    "a bucket that is not there",
    "ERROR : error listing: directory not found",
    "https://s3.example.com has no bucket copies: correct s3.bucket, or make it",
  ],
  [
    "an endpoint that is gone",
    `${sent}dial tcp 192.0.2.1:443: connect: connection refused`,
    "https://s3.example.com does not answer (dial tcp 192.0.2.1:443: connect: connection refused): does it run, and do s3.cidrs hold the addresses of its name?",
  ],
  [
    "an endpoint whose name is not known",
    `${sent}dial tcp: lookup s3.example.com: no such host`,
    "https://s3.example.com does not answer (dial tcp: lookup s3.example.com: no such host): does it run, and do s3.cidrs hold the addresses of its name?",
  ],
  [
    "an endpoint that takes connections and is silent",
    `${sent}net/http: timeout awaiting response headers`,
    "https://s3.example.com does not answer (net/http: timeout awaiting response headers): does it run, and do s3.cidrs hold the addresses of its name?",
  ],
  [
    "an endpoint with another's certificate",
    `${sent}tls: failed to verify certificate: x509: certificate is valid for other`,
    "https://s3.example.com is not trusted (x509: certificate is valid for other)",
  ],
] as const;

for (const [title, says, message] of refusals) {
  test.serial(`${title} fails the upload with its name, and with the copies that are kept (B11)`, async (t) => {
    const { status, lines } = await bucket(t).upload({ SAYS: says });
    t.is(status, 1);
    t.deepEqual(lines.slice(1, 4), [says, `FAILED: ${message}`, kept]);
  });
}

test.serial("an upload that hangs is ended in time, and says how to give it more (X08)", async (t) => {
  const { status, lines } = await bucket(t).upload({ SLEEPS: "60", UPLOAD_SECONDS: "1" });
  t.is(status, 1);
  t.true(
    lines.includes(
      "FAILED: the upload took longer than 1 s and goes on with the next run: raise the backup's deadline, of which it may use half",
    ),
    lines.join("\n"),
  );
});

test.serial("a file that did not arrive fails the upload, and the next one brings it (B11)", async (t) => {
  const { at, upload } = bucket(t);
  const { status, lines } = await upload({ LOSES: "db-2/dump" });
  t.is(status, 1);
  t.true(
    lines.includes("FAILED: s3:copies/db lacks after the upload: db-2/dump. The next run uploads them"),
    lines.join("\n"),
  );
  t.true(lines.includes(kept));
  t.is((await upload()).status, 0);
  t.is(readFileSync(at("bucket/db-2/dump"), "utf8"), "rows of db-2");
});

test.serial(
  "a file that is shorter in the bucket, or another of the same size, is named and left as it is (B11)",
  async (t) => {
    for (const content of ["rows", "rows of db-X"]) {
      const { at, write, upload } = bucket(t);
      cpSync(at("backups/verified/db-1"), at("bucket/db-1"), { recursive: true });
      write(at("bucket/db-1/dump"), content);
      const { status, lines } = await upload();
      t.is(status, 1);
      t.true(
        lines.includes(
          "FAILED: s3:copies/db has damaged files, which are as they were written on the volume: db-1/dump (missing there: none). Remove them from the bucket: the next run uploads them again",
        ),
        lines.join("\n"),
      );
      t.is(readFileSync(at("bucket/db-1/dump"), "utf8"), content);
      t.true(existsSync(at("bucket/db-2/dump")), "the other copy is uploaded all the same");
    }
  },
);

test.serial("a copy that is damaged on the volume does not replace the good one in the bucket (B11)", async (t) => {
  const { at, write, upload } = bucket(t);
  t.is((await upload()).status, 0);
  write(at("backups/verified/db-1/dump"), "rotten bits");
  const { status, lines } = await upload();
  t.is(status, 1);
  t.true(
    lines.includes(
      "FAILED: db-1 is damaged on the volume, and the bucket has other content of it: remove it from the volume",
    ),
    lines.join("\n"),
  );
  t.is(readFileSync(at("bucket/db-1/dump"), "utf8"), "rows of db-1");
});
