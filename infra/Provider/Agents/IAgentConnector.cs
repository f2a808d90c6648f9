using Cloudlet.Agent;
using Cloudlet.DesiredState.Sections;
using Cloudlet.Errors;

namespace Cloudlet.Provider.Agents;

/// <summary>Opens connections to hosts.</summary>
internal interface IAgentConnector
{
    /// <summary>Prepares a connection to a host; nothing is sent yet.</summary>
    /// <param name="reach">The host.</param>
    /// <param name="waiting">How to wait for the host.</param>
    /// <exception cref="CloudletException">NotFound, Unsupported: the program that answers there is not available here.</exception>
    IAgent Open(HostReach reach, Waiting waiting);
}
