import { bytes, type Duration, type Size } from "../../workload/units.ts";

/**
 * Data and indexes restored without gaps fill their volume once at most; sorting the largest index, logs and temporary
 * files need the rest.
 */
const scratchPerData = 2;

/**
 * Bytes of the data's volume that a run gets through in a second. One core compresses, restores and indexes about 20
 * MiB/s each, one after
 * the other, the counts read everything twice more, and half is in reserve for slow disks.
 */
const bytesPerSecond = bytes("4Mi");

/** Time for starting, waiting for the server and uploading, however small the data are. */
const leastHours = 2;

/** Room to restore a store of this size in. */
export const scratchFor = (data: Size): Size =>
  data.replace(/^[\d.]+/, (amount) => String(Number(amount) * scratchPerData)) as Size;

/** Time for a run on a store of this size, both tries together, in whole hours: 2h up to 28Gi, 4h for 50Gi. */
export const deadlineFor = (data: Size): Duration =>
  `${Math.max(leastHours, Math.ceil(bytes(data) / bytesPerSecond / 3600))}h`;
