using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Cloudlet.Service.Access;

/// <summary>Who is at the other end of a unix socket, as the kernel knows it (unix(7): SO_PEERCRED, SO_PEERGROUPS).</summary>
/// <param name="User">User number.</param>
/// <param name="Groups">Numbers of its groups.</param>
internal sealed record SocketPeer(uint User, IReadOnlySet<uint> Groups)
{
    private const int Level = 1, // SOL_SOCKET
        Credentials = 17, // SO_PEERCRED
        PeerGroups = 59, // SO_PEERGROUPS
        MostGroups = 65536; // NGROUPS_MAX

    /// <summary>The peer; null for another kind of socket.</summary>
    public static SocketPeer? Of(Socket? socket)
    {
        if (socket is not { AddressFamily: AddressFamily.Unix })
            return null;
        Span<byte> credentials = stackalloc byte[12]; // pid, uid, gid
        if (socket.GetRawSocketOption(Level, Credentials, credentials) != credentials.Length)
            return null;
        var groups = new HashSet<uint> { BinaryPrimitives.ReadUInt32LittleEndian(credentials[8..]) };
        var others = new byte[MostGroups * sizeof(uint)];
        var length = socket.GetRawSocketOption(Level, PeerGroups, others);
        foreach (var group in MemoryMarshal.Cast<byte, uint>(others.AsSpan(0, length)))
            groups.Add(group);
        return new SocketPeer(BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]), groups);
    }

    /// <summary>Number of a group of this host; null when there is none of that name.</summary>
    public static uint? GroupNumber(string name)
    {
        try
        {
            return File.ReadLines("/etc/group")
                .Select(l => l.Split(':'))
                .Where(f => f.Length >= 3 && f[0] == name)
                .Select(f => uint.TryParse(f[2], out var number) ? number : (uint?)null)
                .FirstOrDefault();
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Name of a user of this host, or its number.</summary>
    public static string UserName(uint number)
    {
        var text = number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            return File.ReadLines("/etc/passwd").Select(l => l.Split(':')).FirstOrDefault(f => f.Length >= 3 && f[2] == text)?[0]
                ?? $"uid-{text}";
        }
        catch (IOException)
        {
            return $"uid-{text}";
        }
    }
}
