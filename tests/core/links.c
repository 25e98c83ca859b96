/* A program of nothing but the layers of the core up to one: see tests/CMakeLists.txt.
 * SPDX-License-Identifier: GPL-2.0-or-later */
int main(void)
{
    return 0;
}
