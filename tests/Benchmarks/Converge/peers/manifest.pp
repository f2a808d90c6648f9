# Puppet has no type for links: exec with a guard, its usual way.
Exec { path => ['/usr/sbin', '/usr/bin', '/sbin', '/bin'], provider => shell }

exec { 'bridge': command => 'ip link add benchbr type bridge', creates => '/sys/class/net/benchbr' }
exec { 'cable': command => 'ip link add benchv0 type veth peer name benchv1', creates => '/sys/class/net/benchv0' }

['benchbr', 'benchv0', 'benchv1'].each |$link| {
  exec { "up ${link}":
    command => "ip link set ${link} up",
    unless  => "ip -oneline link show up dev ${link} | grep -q .",
    require => Exec['bridge', 'cable'],
  }
}

$addresses = {
  '10.70.0.1/24'  => 'benchbr',
  'fd00:70::1/64' => 'benchbr',
  '10.71.0.1/24'  => 'benchv0',
  '10.72.0.1/24'  => 'benchv1',
}
$addresses.each |$address, $link| {
  exec { "address ${address}":
    command => "ip address add ${address} dev ${link}",
    unless  => "ip -oneline address show dev ${link} | grep -qF ' ${address} '",
    require => Exec['bridge', 'cable'],
  }
}

Integer[1, 6].each |$number| {
  file { "/etc/bench-${number}.conf":
    content => "number = ${number}\npurpose = benchmark\n",
    owner   => 'root',
    mode    => '0644',
  }
}

Integer[1, 2].each |$number| {
  file { "/etc/systemd/system/bench-${number}.service":
    content => "[Unit]\nDescription=Benchmark service ${number}\n\n[Service]\nExecStart=/bin/sleep infinity\n\n[Install]\nWantedBy=multi-user.target\n",
    owner   => 'root',
    mode    => '0644',
  }
  service { "bench-${number}.service":
    ensure    => running,
    enable    => true,
    provider  => systemd,
    subscribe => File["/etc/systemd/system/bench-${number}.service", "/etc/bench-${number}.conf"],
  }
}
