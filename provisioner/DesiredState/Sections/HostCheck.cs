namespace Cloudlet.DesiredState.Sections;

/// <summary>Input for a kind that checks its section of a host.</summary>
/// <param name="Host">The host, defaults merged and its role expanded.</param>
/// <param name="Report">Receives the problems.</param>
/// <param name="Files">Source of the templates that it names.</param>
internal sealed record HostCheck(HostSection Host, HostReport Report, ISiteFiles Files);
