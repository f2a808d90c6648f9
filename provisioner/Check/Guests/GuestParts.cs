namespace Cloudlet.Check.Guests;

/// <summary>A module of the guest's kernel.</summary>
/// <param name="File">Name of its file; its end says how it is compressed.</param>
/// <param name="Content">Its content.</param>
internal sealed record GuestModule(string File, byte[] Content);

/// <summary>What the guest is made from.</summary>
/// <param name="Kernel">The kernel, as it is in /boot.</param>
/// <param name="Modules">Its modules, in the order in which they are loaded.</param>
/// <param name="Busybox">A busybox that needs no libraries.</param>
internal sealed record GuestParts(byte[] Kernel, IReadOnlyList<GuestModule> Modules, byte[] Busybox);

/// <summary>A guest that can be booted.</summary>
/// <param name="From">What it was made from, for people.</param>
/// <param name="Key">Differs when it would be made from something else, or in another way.</param>
/// <param name="Kernel">The kernel.</param>
/// <param name="InitialFileSystem">Its initial file system, compressed.</param>
internal sealed record Guest(string From, string Key, byte[] Kernel, byte[] InitialFileSystem);
