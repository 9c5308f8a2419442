/** The steps that install the API's forwarder: which files there are depends on the program. */
import {
  renderClusterSocket,
  renderForwardSocket,
  renderSocatProgram,
  renderSocatUnit,
  renderSocketProxydUnit,
} from "../files/apiForward";
import { daemonReload, file, type FileStep, shellCheck, unitCheck, unitPath } from "./fileStep";
import type { HostStep } from "./hostStep";
import { ApiForwarder } from "../../settings/choices";
import { apiForwardProgram, apiSwitchProgram, forwarderUnits } from "../node/paths";

/** The forwarder that runs is replaced without a refused connection, once its unit is there. */
const renewForwarder = `if [ "$CHANGED" = yes ] && [ -e ${unitPath(forwarderUnits.service)} ]; then ${apiSwitchProgram} renew; fi`;

/** The program that forwards the API, its unit and its sockets. */
export function forwarderSteps(forwarder: ApiForwarder): HostStep[] {
  const stop = (unit: string): string => `systemctl stop ${unit} 2>/dev/null; true`;
  const unit = (render: () => string): HostStep =>
    file({
      name: "forwarder-unit",
      armed: true,
      path: unitPath(forwarderUnits.service),
      needs: [],
      render,
      check: unitCheck,
      activate: `${daemonReload}; ${renewForwarder}`,
      deactivate: stop(forwarderUnits.service),
      afterwards: daemonReload,
    });
  if (forwarder === ApiForwarder.Socat) {
    return [
      file({
        name: "api-forward-program",
        armed: true,
        path: apiForwardProgram,
        mode: "0755",
        needs: ["primaryPrivateIp", "apiLocalPort"],
        render: renderSocatProgram,
        check: shellCheck,
        activate: renewForwarder,
      }),
      unit(renderSocatUnit),
    ];
  }
  const socket = (
    name: string,
    unitName: string,
    render: FileStep<"primaryPrivateIp" | "apiLocalPort">["render"],
  ): HostStep =>
    file({
      name,
      armed: true,
      path: unitPath(unitName),
      needs: ["primaryPrivateIp", "apiLocalPort"],
      render,
      // Its service comes after it, and systemd looks for that beside it first.
      check: `printf '[Service]\\nExecStart=/bin/true\\n' >"$(dirname "$FILE")/${forwarderUnits.service}"; ${unitCheck}`,
      // A socket whose service runs cannot be restarted by itself.
      activate: `${daemonReload}; ${renewForwarder}`,
      deactivate: stop(unitName),
      afterwards: daemonReload,
    });
  return [
    socket("forwarder-socket", forwarderUnits.socket, renderForwardSocket),
    socket("forwarder-cluster-socket", forwarderUnits.clusterSocket, renderClusterSocket),
    unit(renderSocketProxydUnit),
  ];
}
