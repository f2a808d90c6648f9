using Cloudlet.Errors;
using Cloudlet.Linux;
using Cloudlet.Machine.Netlink;
using static Cloudlet.Machine.Netlink.NetlinkConstants;

namespace Cloudlet.Machine.Watch;

/// <summary>
/// Reports links whose properties, addresses or routes have changed, from the kernel's multicasts (rtnetlink(7)). When the kernel has
/// dropped messages because they were read too slowly, <see cref="EventsLost"/> is reported twice: at once, and again after the backlog was
/// read, because until then the kernel drops more silently.
/// </summary>
public sealed class LinkWatch : IWakeSource
{
    // Enough for a storm of thousands of links; the memory is only used while messages wait.
    private const int ReceiveBytes = 4 << 20;

    private static readonly int[] Groups = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE];

    private readonly Action<HostEvent> _sink;
    private readonly TimeProvider _clock;
    private readonly LinkEventReader _reader = new();
    private readonly NetlinkSocket _events;
    private readonly NetlinkSocket _questions;
    private readonly WatchThread _thread;

    /// <summary>Starts to watch. Errors: those of <see cref="RouteNetlink.Open(string)"/>.</summary>
    /// <param name="sink">See <see cref="IWakeSource"/>.</param>
    /// <param name="clock">Source of the events' timestamps.</param>
    /// <param name="networkNamespace">Name in /run/netns or path of another network namespace; null for that of the calling thread.</param>
    public LinkWatch(Action<HostEvent> sink, TimeProvider clock, string? networkNamespace = null)
        : this(sink, clock, networkNamespace, ReceiveBytes) { }

    internal LinkWatch(Action<HostEvent> sink, TimeProvider clock, string? networkNamespace, int receiveBytes)
    {
        _sink = sink;
        _clock = clock;
        (_events, _questions) = Open(networkNamespace, receiveBytes);
        try
        {
            // After the subscription, so that the table misses nothing.
            LearnNames();
        }
        catch
        {
            Release();
            throw;
        }
        _thread = WatchThread.Start("watch-links", Run, Release);
    }

    /// <inheritdoc/>
    public void Dispose() => _thread.Dispose();

    private static (NetlinkSocket Events, NetlinkSocket Questions) Open(string? networkNamespace, int receiveBytes)
    {
        if (networkNamespace is null)
            return OpenHere(receiveBytes);
        using var ns = NetworkNamespaces.Open(networkNamespace);
        return NamespaceThread.RunInside(ns, networkNamespace, () => OpenHere(receiveBytes));
    }

    private static (NetlinkSocket Events, NetlinkSocket Questions) OpenHere(int receiveBytes)
    {
        var events = NetlinkSocket.Open(NETLINK_ROUTE);
        try
        {
            events.Subscribe(Groups, receiveBytes);
            return (events, NetlinkSocket.Open(NETLINK_ROUTE));
        }
        catch
        {
            events.Dispose();
            throw;
        }
    }

    private void Run(WatchThread thread)
    {
        Span<PollEntry> entries = [default, new PollEntry(_events.Descriptor)];
        while (thread.Wait(entries))
            if (entries[1].IsReady)
                ReadAll(thread);
    }

    private void ReadAll(WatchThread thread)
    {
        var overrun = false;
        while (!thread.IsStopping)
        {
            var datagram = _events.TryReceive(out var errno);
            var at = _clock.GetTimestamp();
            if (errno == Errno.EAGAIN)
                break;
            if (errno == 0)
                Report(datagram, at);
            else
                ReportLoss(at, $"reading rtnetlink: {KernelErrors.Describe(errno)}: more changed than was read in time");
            overrun |= errno != 0;
        }
        if (!overrun)
            return;
        LearnNames();
        ReportLoss(_clock.GetTimestamp(), "reading rtnetlink: the backlog has been read; changes in the meantime were dropped");
    }

    private void Report(ReadOnlySpan<byte> datagram, long at)
    {
        var complete = _reader.Read(datagram, out var links);
        foreach (var (name, index) in links)
            _sink(new LinkTouched(name, index) { At = at });
        foreach (var address in _reader.Addresses)
            _sink(new AddressTouched(address) { At = at });
        if (!complete)
            ReportLoss(at, "reading rtnetlink: a message of the kernel is malformed or reports dropped messages");
    }

    /// <summary>Rebuilds the name table. An interrupted or failed dump leaves gaps: events of such a link have no name.</summary>
    private void LearnNames()
    {
        _reader.Forget();
        try
        {
            _ = _questions.Exchange(LinkMessages.DumpAll(), _reader.Learn);
        }
        catch (CloudletException e) when (e.Kind == ErrorKind.Unexpected)
        {
            // Malformed, see above.
        }
    }

    private void ReportLoss(long at, string because) => _sink(new EventsLost(WakeSourceNames.Links, because) { At = at });

    private void Release()
    {
        _events.Dispose();
        _questions.Dispose();
    }
}
