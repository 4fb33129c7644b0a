# A guest as a job of Nomad; docs/FLEET.md says why its driver is raw_exec, and what runs the unit.
job "guest-web1" {
  type = "service"

  constraint {
    attribute = "${attr.cpu.arch}"
    value     = "ppc64le"
  }

  group "guest" {
    count = 1

    # Nomad knows no list of statuses: 2 and 3 (configuration, host) are tried three times as well.
    restart {
      attempts = 3
      interval = "5m"
      delay    = "5s"
      mode     = "fail"
    }

    task "guest" {
      driver = "raw_exec"

      # The unit has the devices, the rights and the end in order; this job lives as long as the unit does.
      config {
        command = "/bin/sh"
        args    = ["-c", "trap 'systemctl stop spapr-vmm@web1' TERM; systemctl start spapr-vmm@web1 && while systemctl -q is-active spapr-vmm@web1; do sleep 1 & wait $!; done; ! systemctl -q is-failed spapr-vmm@web1"]
      }

      kill_signal  = "SIGTERM"
      kill_timeout = "30s"

      resources {
        cpu    = 2000
        memory = 2304
      }
    }
  }
}
