namespace Cloudlet.Benchmarks.Overlay;

/// <summary>What is done to a guest before its overlay is created.</summary>
/// <param name="Name">As shown in the table.</param>
/// <param name="What">A description.</param>
/// <param name="Script">Run as root in the guest; it may leave programs running.</param>
/// <param name="MemoryMiB">Guest memory.</param>
/// <param name="DiskMiB">Disk; a smaller image is made larger, sparse. 0: the size of the image.</param>
internal sealed record OverlayCorpus(string Name, string What, string Script, int MemoryMiB = 256, int DiskMiB = 0)
{
    /// <summary>
    /// True: the guest trims what it does not use, as with <c>overlay create --trim</c>, before it is paused for all tools.
    /// </summary>
    public bool IsTrimmed { get; init; }

    /// <summary>False: too large for the peers' files.</summary>
    public bool HasPeers { get; init; } = true;

    private const string ComesAndGoes =
        "head -c 40000000 /dev/urandom >/root/download; sync; rm /root/download; sync; fstrim / || true; cp /usr/bin/perl /root/kept; sync";

    /// <summary>All corpora. Local files of the guest replace downloads: it has no network.</summary>
    public static IReadOnlyList<OverlayCorpus> All { get; } =
    [
        new(
            "small app",
            "a program of 0.5 MB is installed and runs",
            "mkdir -p /opt/app; cp /usr/bin/perl /opt/app/one; head -c 500000 /usr/bin/perl >/opt/app/data; setsid /opt/app/one -e "
                + "'my %h; $h{$_} = $_ x 10 for 1..20000; sleep 1000' >/dev/null 2>&1 &"
        ),
        new(
            "package and service",
            "a package of 60 MB is unpacked and a service started",
            "mkdir -p /opt/pkg; cp -r /usr/lib/x86_64-linux-gnu /opt/pkg/lib; cp -r /usr/bin /opt/pkg/bin; for i in 1 2 3; do tr "
                + "'a-m' 'n-z' </usr/bin/perl >/opt/pkg/bin/new$i; done; sync; setsid "
                + "perl -e 'my @a = map { { id => $_, name => \"n$_\" "
                + "} } 1..100000; sleep 1000' >/dev/null 2>&1 &"
        ),
        new("downloaded and deleted", "40 MB come and go again, and stay in free memory", ComesAndGoes),
        new("downloaded, deleted and trimmed", "the same, and the guest fills its free memory with zeros (`--trim`)", ComesAndGoes)
        {
            IsTrimmed = true,
        },
        new(
            "incompressible",
            "40 MB that no compressor makes smaller",
            "head -c 40000000 /dev/urandom >/root/data; sync; cat /root/data >/dev/null"
        ),
        new(
            "busy store in memory",
            "a hash of 300,000 entries is filled and changed",
            "setsid perl -e 'my %h; srand 1; for (1..300000) { $h{\"key:$_\"} = join \",\", map { int rand 1000 } 1..8 } for "
                + "(1..100000) { $h{\"key:\" . int rand 300000} = rand } sleep 1000' "
                + ">/dev/null 2>&1 & sleep 45"
        ),
        new(
            "sparse 8 GiB, 1 GiB",
            "a large disk and memory, little changed",
            "head -c 2000000 /dev/urandom >/root/data; cp -r /usr/share/perl /opt/perl; sync",
            MemoryMiB: 1024,
            DiskMiB: 8192
        ),
        new(
            "sparse 40 GiB, 256 MiB",
            "a disk that no peer takes, little changed",
            "head -c 2000000 /dev/urandom >/root/data; cp -r /usr/share/perl /opt/perl; sync",
            DiskMiB: 40960
        )
        {
            HasPeers = false,
        },
    ];
}
