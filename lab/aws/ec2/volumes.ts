/** The root volume that kOps gives each instance; it is deleted with the instance. */
import { z } from "zod";
import type { Account, Instance } from "../account";
import type { Answer } from "../action";
import { notFound } from "../errors";
import { filterBy, type FilterTable } from "../filters";
import { page } from "../paging";
import { list } from "../parameters";
import { ec2List, withIds } from "./ec2Action";
import { tagSet } from "./tags";

/** Root device of the Ubuntu images that kOps uses. */
export const rootDeviceName = "/dev/sda1";

/**
 * Size of a control plane's root volume: kubernetes/kops pkg/model/defaults/volumes.go; the others are gp3's defaults.
 */
const settings = { size: 64, volumeType: "gp3", iops: 3000, throughput: 125, encrypted: true } as const;

const hasVolume = ({ state }: Instance): boolean => state !== "terminated";

const volumeId = ({ instanceId }: Instance): string => instanceId.replace(/^i-/, "vol-");

/** The volume as DescribeInstances reports it. */
export function blockDeviceMapping(instance: Instance): Answer[] {
  const ebs = {
    volumeId: volumeId(instance),
    status: "attached",
    attachTime: instance.launchTime,
    deleteOnTermination: true,
  };
  return hasVolume(instance) ? [{ deviceName: rootDeviceName, ebs }] : [];
}

const zoneOf = (account: Account, instance: Instance): string | undefined =>
  account.subnets.find(({ subnetId }) => subnetId === instance.subnetId)?.availabilityZone;

function volumeData(account: Account, instance: Instance): Answer {
  return {
    volumeId: volumeId(instance),
    status: "in-use",
    availabilityZone: zoneOf(account, instance),
    createTime: instance.launchTime,
    ...settings,
    attachmentSet: [
      {
        volumeId: volumeId(instance),
        instanceId: instance.instanceId,
        device: rootDeviceName,
        status: "attached",
        attachTime: instance.launchTime,
        deleteOnTermination: true,
      },
    ],
    tagSet: tagSet(instance.tags),
  };
}

const filters = (account: Account): FilterTable<Instance> => ({
  "attachment.attach-time": ({ launchTime }) => launchTime,
  "attachment.delete-on-termination": () => true,
  "attachment.device": () => rootDeviceName,
  "attachment.instance-id": ({ instanceId }) => instanceId,
  "attachment.status": () => "attached",
  "availability-zone": (instance) => zoneOf(account, instance),
  "create-time": ({ launchTime }) => launchTime,
  encrypted: () => settings.encrypted,
  size: () => settings.size,
  status: () => "in-use",
  "volume-id": volumeId,
  "volume-type": () => settings.volumeType,
});

export const describeVolumes = ec2List({ VolumeId: list(z.string()) }, (account, request) => {
  const named = withIds(account.instances.filter(hasVolume), request.VolumeId, volumeId, (id) =>
    notFound("volume", id),
  );
  const { items, nextToken } = page(filterBy(named, request.Filter, filters(account)), request);
  return { volumeSet: items.map((instance) => volumeData(account, instance)), nextToken };
});
