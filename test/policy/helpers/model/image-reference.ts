import { examplesOf } from "../example.ts";

type Images = typeof import("../../../../policies/model/image-reference.ts");

export const imageReference = examplesOf<Images>("policies/model/image-reference.ts", {
  "an image has a tag behind its name, and a digest behind both": [
    ({ parseImage }) =>
      ["a", "a:1", "r.io:5000/a", "r.io:5000/b/a:1", "a@sha256:ab", "r.io/a:1@sha256:ab"].map((image) =>
        JSON.stringify(parseImage(image)),
      ),
    [
      '{"repository":"a","name":"a"}',
      '{"repository":"a","name":"a","tag":"1"}',
      '{"repository":"r.io:5000/a","name":"a"}',
      '{"repository":"r.io:5000/b/a","name":"a","tag":"1"}',
      '{"repository":"a","name":"a","digest":"sha256:ab"}',
      '{"repository":"r.io/a","name":"a","tag":"1","digest":"sha256:ab"}',
    ],
  ],
});
